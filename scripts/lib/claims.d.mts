export interface NamedTest {
  readonly file: string;
  readonly title: string;
}
export interface TestResult extends NamedTest {
  readonly ancestorTitles: readonly string[];
  readonly status: string;
  readonly meta?: { readonly skipped?: unknown };
}
export function namedTests(markdown: string): readonly NamedTest[];
export function notRun(named: readonly NamedTest[], results: readonly TestResult[]): readonly NamedTest[];
