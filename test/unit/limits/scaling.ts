const repeats = 3;
const attempts = 4;

/** CPU time in ms: what else the machine does hardly counts. The least of some runs, without what happens to be collected. */
function leastCpuMs(run: () => void): number {
  const times = Array.from({ length: repeats }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

/**
 * How many times as long eight times the input takes, in CPU time: about 8 where it is linear, 64 where it is
 * quadratic. Disturbances can only make it look worse, so the best of several attempts counts.
 */
export function growth(act: (length: number) => () => void, length: number): number {
  let best = Infinity;
  for (let attempt = 0; attempt < attempts && best > mostGrowth; attempt++) {
    const once = leastCpuMs(act(length));
    const many = leastCpuMs(act(8 * length));
    // Too short to be compared: far from any freeze.
    best = Math.min(best, many < 20 ? 8 : many / Math.max(once, 1));
  }
  return best;
}

/** Between the two. */
export const mostGrowth = 24;
