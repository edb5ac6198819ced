/** Numbers and names as people read them; shared by the page and the exporters. */
export { plain, seen } from './plain';

const absent = '–';
const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A figure with four significant digits and grouped thousands. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined) return absent;
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size !== 0 && size < 0.001)) return value.toExponential(2);
  if (size >= 1000) return grouped.format(value);
  return String(Number(value.toPrecision(4)));
}

export function formatWithUnit(value: number | null | undefined, unit: string): string {
  const text = formatValue(value);
  return unit === '' || text === absent ? text : `${text} ${unit}`;
}

/** A speedup with the digits that tell it from 1. */
export function formatSpeedup(speedup: number | null | undefined): string {
  if (speedup === null || speedup === undefined) return absent;
  if (speedup >= 100 || speedup < 0.01) return String(Number(speedup.toPrecision(3)));
  return speedup.toFixed(speedup >= 10 ? 1 : 3);
}

/** For sentences: two digits, three where two would hide a bound's side of 1 or the interval's width. */
export function formatTimes(speedup: number, interval: readonly [number, number]): string {
  const near = interval.some((bound) => Math.abs(bound - 1) < 0.03) || interval[1] - interval[0] < 0.02;
  return speedup >= 10 ? formatSpeedup(speedup) : speedup.toFixed(near ? 3 : 2);
}

export function formatInterval(interval: readonly [number, number] | null | undefined): string {
  if (interval === null || interval === undefined) return absent;
  return `${formatSpeedup(interval[0])} to ${formatSpeedup(interval[1])}`;
}

/** A speedup as a signed percentage: 1.15 is +15 %. */
export function formatChange(speedup: number | null | undefined): string {
  if (speedup === null || speedup === undefined) return absent;
  const percent = 100 * (speedup - 1);
  const text = Math.abs(percent) >= 100 ? percent.toFixed(0) : percent.toFixed(1);
  const sign = percent >= 0.05 ? '+' : percent <= -0.05 ? '−' : '';
  return `${sign}${text.replace('-', '')} %`;
}

export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return absent;
  return `${percent.toFixed(percent >= 10 ? 0 : percent >= 0.995 ? 1 : 2)} %`;
}

export function formatP(p: number | null | undefined): string {
  if (p === null || p === undefined) return absent;
  if (p < 0.0001) return '< 0.0001';
  return p.toFixed(p < 0.01 ? 4 : p < 0.1 ? 3 : 2);
}

export function formatBytes(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib >= 1 ? `${gib.toFixed(gib >= 10 ? 0 : 1)} GiB` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "a", "a and b", "a, b and c"; past `most`, "a, b and 5 more". */
export function listed(names: readonly string[], most = 4): string {
  if (names.length <= 1) return names[0] ?? '';
  if (names.length <= most) return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
}
