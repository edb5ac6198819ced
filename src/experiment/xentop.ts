/** What each domain of a Xen host used between two pages of xentop. 100 percent is one physical CPU. */
export interface DomainSample {
  /** When the page was complete, from the first page on. */
  readonly atMs: number;
  readonly spanMs: number;
  /** Domain to CPU use. */
  readonly percent: ReadonlyMap<string, number>;
}

/** ` STATE CPU(sec) CPU(%) …` behind the name, which may hold blanks; the state never does. */
const figures = /\s[dsbcpr-]{6}\s+\d+\s+(\d+(?:\.\d+)?)\s+\d/;
const heading = /^\s*NAME\s+STATE\s+CPU\(sec\)/;
/** `a ------ 1 1 1`; the heading is longer. */
const shortestLine = 14;
/** No line of xentop is that long. */
const longestLine = 1024;
/** A page comes once a second; those of a host that sends them faster are left out. */
const shortestSpanMs = 500;
/** More than Xen can run on one host. */
const mostDomains = 4096;
/** Figures in all: a day of pages of twenty domains. */
const mostFigures = 2_000_000;

/** Takes the output of `xentop -b` as it comes. It has no times, so those of its arrival are taken. */
export class XentopReader {
  private rest = '';
  private page: { readonly atMs: number; readonly percent: Map<string, number> } | undefined;
  private startedMs: number | undefined;
  private lastMs: number | undefined;
  private readonly taken: DomainSample[] = [];
  private figures = 0;

  add(text: string, nowMs: number): void {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) {
      if (line.length < shortestLine) continue;
      if (heading.test(line)) this.turn(nowMs);
      this.row(line.slice(0, longestLine));
    }
  }

  private row(line: string): void {
    const found = figures.exec(line);
    const name = line.slice(0, found?.index ?? 0).trim();
    if (found?.[1] === undefined || name === '') return;
    if (this.page !== undefined && this.page.percent.size < mostDomains)
      this.page.percent.set(name, Number(found[1]));
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
      const spanMs = atMs - (this.lastMs ?? atMs);
      this.figures += percent.size;
      if (spanMs >= shortestSpanMs && this.figures <= mostFigures) this.taken.push({ atMs, spanMs, percent });
      if (spanMs === 0 || spanMs >= shortestSpanMs) this.lastMs = atMs;
    }
    this.page = { atMs: Math.round(nowMs - this.startedMs), percent: new Map() };
  }
}

/** UUID to name, from `xl list -v`. */
export function domainNames(xlList: string): Map<string, string> {
  const names = new Map<string, string>();
  const columns =
    /\s\d+\s+\d+\s+\d+\s+[dsbcprw-]{6}\s+[\d.]+\s+([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\b/i;
  for (const whole of xlList.split('\n')) {
    const line = whole.slice(0, longestLine);
    const found = columns.exec(line);
    const name = line.slice(0, found?.index ?? 0).trimEnd();
    if (found?.[1] !== undefined && /^\S/.test(name)) names.set(found[1].toLowerCase(), name);
  }
  return names;
}
