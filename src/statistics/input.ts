/** Why input was refused: an option out of range, a block number used twice, a value that is no positive number. */
export type ComparisonError = 'E_OPTION' | 'E_DUPLICATE_BLOCK' | 'E_NOT_FINITE' | 'E_NOT_POSITIVE';

export interface CompleteBlock {
  readonly block: number;
  readonly a: number;
  readonly b: number;
}

export interface CheckedOptions {
  readonly status: 'ok';
  readonly plan: 'anystop' | 'fixed';
  readonly alpha: number;
  readonly margin: number;
}

export interface CheckedComparison extends CheckedOptions {
  /** 1 when higher values are better, else −1. */
  readonly sign: 1 | -1;
  readonly resolution: number | undefined;
  /** In the order of their numbers. */
  readonly complete: readonly CompleteBlock[];
  readonly dropped: number;
}

export interface Refused {
  readonly status: 'error';
  readonly error: ComparisonError;
}
const refused = (error: ComparisonError): Refused => ({ status: 'error', error });

type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

/** What a comparison and a family have in common. Typed callers can still pass numbers out of range. */
export function checkOptions(input: unknown): CheckedOptions | Refused {
  const { plan, alpha, margin } = fieldsOf(input) ?? {};
  if (plan !== 'anystop' && plan !== 'fixed') return refused('E_OPTION');
  if (typeof alpha !== 'number' || !(alpha >= 0.001 && alpha <= 0.2)) return refused('E_OPTION');
  if (typeof margin !== 'number' || !(margin > 0 && margin < 1)) return refused('E_OPTION');
  return { status: 'ok', plan, alpha, margin };
}

export function isResolution(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === 'number' && value > 0 && value < Infinity);
}

/** A missing measurement is null; undefined is taken for it. */
function checkValue(value: unknown): number | null | Refused {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number' || !Number.isFinite(value)) return refused('E_NOT_FINITE');
  return value > 0 ? value : refused('E_NOT_POSITIVE');
}

function checkBlocks(blocks: readonly unknown[]): { complete: CompleteBlock[]; dropped: number } | Refused {
  const rows = blocks.map((row) => fieldsOf(row) ?? {});
  const numbers = rows.map((row) => row['block']);
  if (!numbers.every((number) => Number.isFinite(number))) return refused('E_OPTION');
  if (new Set(numbers).size < numbers.length) return refused('E_DUPLICATE_BLOCK');
  const complete: CompleteBlock[] = [];
  for (const row of rows) {
    const a = checkValue(row['a']);
    if (typeof a === 'object' && a !== null) return a;
    const b = checkValue(row['b']);
    if (typeof b === 'object' && b !== null) return b;
    if (a !== null && b !== null) complete.push({ block: Number(row['block']), a, b });
  }
  complete.sort((x, y) => x.block - y.block);
  return { complete, dropped: rows.length - complete.length };
}

/** First the options, then duplicate blocks, then the values in the order given, also those of blocks left out. */
export function checkComparison(input: unknown): CheckedComparison | Refused {
  const options = checkOptions(input);
  if (options.status === 'error') return options;
  const { direction, resolution, blocks } = fieldsOf(input) ?? {};
  if (direction !== 'higher' && direction !== 'lower') return refused('E_OPTION');
  if (!isResolution(resolution)) return refused('E_OPTION');
  if (!Array.isArray(blocks)) return refused('E_OPTION');
  const checked = checkBlocks(Array.from<unknown>(blocks));
  if ('error' in checked) return checked;
  return { ...options, ...checked, sign: direction === 'higher' ? 1 : -1, resolution };
}
