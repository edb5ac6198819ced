import { guestTone, type GuestTone } from '../src/report/charts/palette';
import type { ReportGuest, Verdict } from '../src/report/shape';

/** The style sheet gives the page dark letters on white while its root has this class. */
export const printingClass = 'printing';

/** Colours come from the theme's variables and are read again when the theme changes. */
const cache = new Map<string, string>();

/** The first of the variables that the theme defines. */
export function color(...variables: readonly string[]): string {
  const key = variables.join();
  const known = cache.get(key);
  if (known !== undefined) return known;
  const style = getComputedStyle(document.body);
  const found = variables
    .map((variable) => style.getPropertyValue(variable).trim())
    .find((text) => text !== '');
  const value = found ?? style.color;
  cache.set(key, value);
  return value;
}

export const foreground = () => color('--vscode-foreground', '--vscode-editor-foreground');
export const muted = () => color('--vscode-descriptionForeground', '--vscode-foreground');
export const background = () => color('--vscode-editor-background');
export const gridline = () =>
  color(
    '--vscode-contrastBorder',
    '--vscode-editorWidget-border',
    '--vscode-panel-border',
    '--vscode-foreground',
  );
export const fontFamily = () => color('--vscode-font-family');
export const isHighContrast = () => /\bvscode-high-contrast/.test(document.body.className);

const toneVariables: Readonly<Record<GuestTone, readonly string[]>> = {
  pv: ['--vscode-guestbench-modePV', '--vscode-charts-orange'],
  pvhvm: ['--vscode-guestbench-modePVHVM', '--vscode-charts-blue'],
  hvm: ['--vscode-guestbench-modeHVM', '--vscode-charts-purple'],
  pvh: ['--vscode-guestbench-modePVH', '--vscode-charts-green'],
  other: ['--vscode-guestbench-modeOther', '--vscode-foreground'],
  second: ['--vscode-charts-purple', '--vscode-foreground'],
};

export const guestColor = (guest: ReportGuest | undefined, beside?: ReportGuest) =>
  color(...toneVariables[guestTone(guest, beside)]);

const verdictVariables: Readonly<Record<Verdict, readonly string[]>> = {
  faster: ['--vscode-charts-green', '--vscode-testing-iconPassed'],
  slower: ['--vscode-charts-red', '--vscode-errorForeground'],
  equivalent: ['--vscode-charts-blue', '--vscode-foreground'],
  inconclusive: ['--vscode-foreground'],
  insufficient: ['--vscode-descriptionForeground', '--vscode-foreground'],
  refused: ['--vscode-descriptionForeground', '--vscode-foreground'],
  untested: ['--vscode-descriptionForeground', '--vscode-foreground'],
};
export const verdictColor = (verdict: Verdict) => color(...verdictVariables[verdict]);

const verdictTexts: Partial<Readonly<Record<Verdict, string>>> = {
  faster: '--better-text',
  slower: '--worse-text',
  equivalent: '--alike-text',
};
/** For words: darker on light, lighter on dark. */
export const verdictTextColor = (verdict: Verdict) => {
  const variable = verdictTexts[verdict];
  return color(...(variable === undefined ? [] : [variable]), ...verdictVariables[verdict]);
};

/** Has all colours read again. */
export function forgetColors(): void {
  cache.clear();
}

/** Calls `changed` when VS Code puts another theme on the page. Returns how to stop that. */
export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(() => {
    cache.clear();
    changed();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'style'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'style'] });
  return () => observer.disconnect();
}

/** Has the page dark on white while it is printed, where its drawings need no more than that. Returns how to stop that. */
export function darkOnPaper(): () => void {
  const before = () => document.documentElement.classList.add(printingClass);
  const after = () => document.documentElement.classList.remove(printingClass);
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  return () => {
    window.removeEventListener('beforeprint', before);
    window.removeEventListener('afterprint', after);
  };
}
