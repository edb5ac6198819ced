import type { CpuUse } from '../model/experiment';

/**
 * Shares of CPU time, in percent, between two readings of the counters of /proc/stat: user nice system idle iowait irq
 * softirq steal (what follows is inside of these). Counters can run backwards: clamped. Undefined: no time has passed.
 */
export function cpuShares(before: readonly number[], after: readonly number[]): CpuUse | undefined {
  const spent = Array.from({ length: 8 }, (_, index) => {
    const from = before[index];
    return from === undefined ? 0 : Math.max(0, (after[index] ?? 0) - from);
  });
  const total = spent.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = spent;
  const percent = (value: number): number => (100 * value) / total;
  return {
    userPercent: percent(user + nice),
    systemPercent: percent(system + irq + softirq),
    iowaitPercent: percent(iowait),
    stealPercent: percent(steal),
    idlePercent: percent(idle),
  };
}
