/** What each domain of a Xen host used between two pages of xentop. 100 percent is one physical CPU. */
export interface DomainSample {
  /** When the page was complete, from the first page on. */
  readonly atMs: number;
  readonly spanMs: number;
  /** Domain to CPU use. */
  readonly percent: ReadonlyMap<string, number>;
}

/** `NAME STATE CPU(sec) CPU(%) …`: a name may hold blanks, the state never does. */
const row = /^\s*(\S.*?)\s+[dsbcpr-]{6}\s+(\d+)\s+(\d+(?:\.\d+)?)\s+\d/;
const heading = /^\s*NAME\s+STATE\s+CPU\(sec\)/;
/** No line of xentop is that long. */
const longestLine = 1024;

/** Takes the output of `xentop -b` as it comes. It has no times, so those of its arrival are taken. */
export class XentopReader {
  private rest = '';
  private page: { readonly atMs: number; readonly percent: Map<string, number> } | undefined;
  private startedMs: number | undefined;
  private lastMs: number | undefined;
  private readonly taken: DomainSample[] = [];

  add(text: string, nowMs: number): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      if (heading.test(line)) this.turn(nowMs);
      const [, name, , percent] = row.exec(line.slice(0, longestLine)) ?? [];
      if (name !== undefined && percent !== undefined) this.page?.percent.set(name, Number(percent));
    }
  }

  /** Without the first page, whose figures are of no span and always 0, and the last, which may be cut off. */
  samples(): readonly DomainSample[] {
    return this.taken;
  }

  /** A heading: the page before it is whole. */
  private turn(nowMs: number): void {
    this.startedMs ??= nowMs;
    if (this.page !== undefined && this.page.percent.size > 0) {
      const { atMs, percent } = this.page;
      if (this.lastMs !== undefined && atMs > this.lastMs)
        this.taken.push({ atMs, spanMs: atMs - this.lastMs, percent });
      this.lastMs = atMs;
    }
    this.page = { atMs: Math.round(nowMs - this.startedMs), percent: new Map() };
  }
}

/** UUID to name, from `xl list -v`. */
export function domainNames(xlList: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const line of xlList.split('\n')) {
    const found =
      /^(\S.*?)\s+\d+\s+\d+\s+\d+\s+[dsbcprw-]{6}\s+[\d.]+\s+([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/i.exec(
        line.slice(0, longestLine),
      );
    if (found?.[1] !== undefined && found[2] !== undefined) names.set(found[2].toLowerCase(), found[1]);
  }
  return names;
}
