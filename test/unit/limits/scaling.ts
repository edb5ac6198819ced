/** How many times as long four times the input takes, in CPU time: about 4 where it is linear, 16 where it is quadratic. */
export function growth(act: (length: number) => () => void, length: number): number {
  const least = (run: () => void): number => {
    let best = Infinity;
    for (let again = 0; again < 3; again++) {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      best = Math.min(best, (user + system) / 1000);
    }
    return best;
  };
  const once = least(act(length));
  // Too short to be compared: far from any freeze.
  const four = least(act(4 * length));
  return four < 20 ? 4 : four / Math.max(once, 1);
}

/** Between the two. */
export const mostGrowth = 9;
