import { cpuShares } from './cpuShares';

/** The load of a guest between two readings of its counters. Percent of all its CPU time; absent: not counted there. */
export interface LoadSample {
  /** End of the span, from the first reading on. */
  readonly atMs: number;
  readonly spanMs: number;
  readonly userPercent: number;
  readonly systemPercent: number;
  readonly iowaitPercent: number;
  readonly stealPercent: number;
  readonly contextSwitchesPerSecond?: number;
  readonly interruptsPerSecond?: number;
  /** At the end of the span. */
  readonly availableBytes?: number;
  /** Share of the time in which something waited for memory (PSI, `some`). */
  readonly memoryPressurePercent?: number;
  /** Where the kernel has no PSI: pages read back from disk, and pages swapped in and out. */
  readonly majorFaultsPerSecond?: number;
  readonly swappedPagesPerSecond?: number;
}

/** One line of the controller's `load` file. */
interface Reading {
  readonly seconds: number;
  /** user nice system idle iowait irq softirq steal, in ticks. */
  readonly cpu: readonly number[];
  readonly contextSwitches: number | undefined;
  readonly interrupts: number | undefined;
  readonly availableBytes: number | undefined;
  readonly stalledMicroseconds: number | undefined;
  readonly majorFaults: number | undefined;
  readonly swappedPages: number | undefined;
}

/** Closer together, the ticks of the CPU times (1/100 s) say nothing. */
const shortestSeconds = 0.2;

/**
 * Reads the `load` file of a job. Lines that are no reading, or not later than the one before, are left out; so is a
 * last line without its end. A counter that runs backwards (a CPU was taken away) counts as standing still.
 */
export function parseLoad(text: string): LoadSample[] {
  const readings = readingsOf(text);
  const first = readings[0]?.seconds ?? 0;
  const rates = {
    contextSwitchesPerSecond: ratesOf(readings, (one) => one.contextSwitches),
    interruptsPerSecond: ratesOf(readings, (one) => one.interrupts),
    majorFaultsPerSecond: ratesOf(readings, (one) => one.majorFaults),
    swappedPagesPerSecond: ratesOf(readings, (one) => one.swappedPages),
  };
  const stalled = ratesOf(readings, (one) => one.stalledMicroseconds);
  return readings.slice(1).flatMap((reading, index): LoadSample[] => {
    const before = readings[index];
    const use = before && cpuShares(before.cpu, reading.cpu);
    if (before === undefined || use === undefined) return [];
    const pressure = stalled[index + 1];
    return [
      {
        atMs: milliseconds(reading.seconds - first),
        spanMs: milliseconds(reading.seconds - before.seconds),
        userPercent: use.userPercent,
        systemPercent: use.systemPercent,
        iowaitPercent: use.iowaitPercent,
        stealPercent: use.stealPercent,
        ...known(rates, index + 1),
        ...(reading.availableBytes === undefined ? {} : { availableBytes: reading.availableBytes }),
        ...(pressure === undefined ? {} : { memoryPressurePercent: Math.min(100, pressure / 10_000) }),
      },
    ];
  });
}

function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [];
  // What stands after the last line break was cut off.
  for (const line of text.split('\n').slice(0, -1)) {
    const before = readings.at(-1);
    const reading = readingOf(line, before === undefined ? 0 : before.seconds + shortestSeconds);
    if (reading !== undefined) readings.push(reading);
  }
  return readings;
}

/** `1 - - - - cpu 1 2 3 4`; and a line of a hundred counters of twenty digits is none. */
const [shortestLine, longestLine] = [21, 2000];

/** `UPTIME SWITCHES INTERRUPTS KIB PRESSURE cpu …`; `-` stands for what the guest does not count. */
function readingOf(line: string, fromSeconds: number): Reading | undefined {
  if (line.length < shortestLine || line.length > longestLine) return undefined;
  const [seconds, switches, interrupts, kib, pressure = '', name, ...ticks] = line.trim().split(/\s+/);
  const uptime = numberOf(seconds);
  if (uptime === undefined || uptime < fromSeconds || name !== 'cpu') return undefined;
  const cpu = ticks.slice(0, 8).map(numberOf);
  if (cpu.length < 4 || cpu.includes(undefined)) return undefined;
  const available = numberOf(kib);
  const stalled = /^p(\d+)$/.exec(pressure)?.[1];
  const [, faults, swapIn, swapOut] = /^v(\d+):(\d+):(\d+)$/.exec(pressure) ?? [];
  return {
    seconds: uptime,
    cpu: cpu.map((value) => value ?? 0),
    contextSwitches: numberOf(switches),
    interrupts: numberOf(interrupts),
    availableBytes: available === undefined ? undefined : available * 1024,
    stalledMicroseconds: numberOf(stalled),
    majorFaults: numberOf(faults),
    swappedPages: swapIn === undefined ? undefined : Number(swapIn) + Number(swapOut),
  };
}

/** Up to 2^53: beyond, a number is no counter of a kernel but garbage. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 27 || !/^\d{1,20}(?:\.\d{1,6})?$/.test(text)) return undefined;
  const value = Number(text);
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** For each reading the rate per second of the span that ends with it, also where not every reading has the counter. */
function ratesOf(
  readings: readonly Reading[],
  counter: (reading: Reading) => number | undefined,
): (number | undefined)[] {
  const rates = readings.map((): number | undefined => undefined);
  let last: { readonly index: number; readonly seconds: number; readonly value: number } | undefined;
  readings.forEach((reading, index) => {
    const value = counter(reading);
    if (value === undefined) return;
    if (last !== undefined) {
      const rate = Math.max(0, value - last.value) / (reading.seconds - last.seconds);
      rates.fill(rate, last.index + 1, index + 1);
    }
    last = { index, seconds: reading.seconds, value };
  });
  return rates;
}

function known<K extends string>(
  rates: Readonly<Record<K, readonly (number | undefined)[]>>,
  index: number,
): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const key in rates) {
    const value = rates[key][index];
    if (value !== undefined) found[key] = value;
  }
  return found;
}

function milliseconds(seconds: number): number {
  return Math.round(1000 * seconds);
}
