import { numberOf, type Fields, type Job, type Side } from './fioJob';
import { NoResult } from './judgement';

/** Whether an option is given, and not as 0. */
export const isOn = (value: unknown): boolean => value !== undefined && value !== '0';

/** Options that end a job before its time, or let it move another amount of data than its size. */
const endsEarly = [
  ...['steadystate', 'ss', 'exitall', 'exit_what', 'number_ios', 'fill_device', 'fill_fs', 'latency_target'],
];
const movesOther = [
  'io_size',
  'io_limit',
  'offset',
  'offset_increment',
  'filesize',
  'file_append',
  'read_iolog',
];

/**
 * A job ends by its time if it is based on time, else by its time or its size, whichever comes first. That it is based on
 * time is seldom printed: one that moved something between once and twice its size was, as it went round again.
 */
export function mustBeWhole(where: string, job: Job, side: Side, given: Fields): void {
  if (endsEarly.some((name) => isOn(given[name]))) return;
  const asked = durationMs(given['runtime'] ?? given['timeout']);
  if (asked !== undefined && side.runtimeMs >= 0.9 * asked) return;
  const time = asked === undefined ? '' : `about ${asked} ms`;
  const ran = `${where}: ran for ${side.runtimeMs} ms`;
  if (isOn(given['time_based'])) {
    if (asked !== undefined) throw new NoResult(`${ran}; expected ${time}`);
    return;
  }
  const { size: sizeText, filename } = given;
  const isDevice = typeof filename === 'string' && filename.includes('/dev/');
  const isShare = typeof sizeText === 'string' && sizeText.endsWith('%');
  const isOther =
    movesOther.some((name) => name in given) || Object.keys(given).some((name) => name.startsWith('zone'));
  if (isDevice || isShare || isOther) return;
  const size = bytesOf(sizeText);
  if (size === undefined) {
    if (asked !== undefined) throw new NoResult(`${ran}; expected ${time}`);
    return;
  }
  const moved = movedBy(job);
  const times = moved / size;
  const isRound = Math.abs(times - Math.round(times)) <= 0.02;
  if (times >= 0.9 && (times <= 1 || isRound || asked === undefined)) return;
  throw new NoResult(
    `${ran} and moved ${moved} bytes; expected ${time}${asked === undefined ? '' : ' or '}${size} bytes`,
  );
}

/** Bytes, all ways together. */
function movedBy({ read, write, trim, mixed }: Job): number {
  return [read, write, trim, mixed].reduce((sum, fields) => {
    const bytes = numberOf(fields, 'io_bytes') ?? 0;
    return sum + (fields && 'io_kbytes' in fields ? bytes : bytes * 1024);
  }, 0);
}

function durationMs(value: unknown): number | undefined {
  const [, digits, unit = 's'] =
    (typeof value === 'string' ? /^(\d{1,9})(us|ms|s|m|h)?$/.exec(value) : null) ?? [];
  const factor = { us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 }[unit];
  return digits === undefined || factor === undefined || Number(digits) === 0
    ? undefined
    : Number(digits) * factor;
}

/** "4G" and "1073741824"; undefined for a percentage and whatever else. */
function bytesOf(value: unknown): number | undefined {
  const [, digits, unit = ''] =
    (typeof value === 'string' ? /^(\d{1,15})([kmgt]?)(?:i?b)?$/i.exec(value) : null) ?? [];
  const power = ['', 'k', 'm', 'g', 't'].indexOf(unit.toLowerCase());
  return digits === undefined ? undefined : Number(digits) * 1024 ** power;
}
