import { darkPalette, lightPalette, variablesOf } from './charts/palette';

const blueLink = { light: '#0062b1', dark: '#6cb6ff' };
const line = { light: '#d6d6d6', dark: '#454545' };

/** The style sheet of an exported report; the only thing in it beside text that its policy admits, by its hash. */
export const htmlStyle = `
:root { color-scheme: light dark; ${variablesOf(lightPalette)} --link: ${blueLink.light}; --line: ${line.light}; }
@media screen and (prefers-color-scheme: dark) {
  :root { ${variablesOf(darkPalette)} --link: ${blueLink.dark}; --line: ${line.dark}; }
}
@media screen and (forced-colors: active) {
  :root {
    --foreground: CanvasText; --muted: CanvasText; --background: Canvas; --grid: GrayText; --line: CanvasText;
    --faster: CanvasText; --slower: CanvasText; --equivalent: CanvasText; --link: LinkText;
    --pv: CanvasText; --pvhvm: CanvasText; --hvm: CanvasText; --pvh: CanvasText; --other: CanvasText; --second: CanvasText;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 12px; }
body {
  margin: 0; color: var(--foreground); background: var(--background);
  font: 15px/1.55 system-ui, sans-serif; overflow-wrap: break-word;
}
header, main, footer, nav { max-width: 1080px; margin: 0 auto; padding: 0 28px; }
header { padding-top: 28px; }
footer { padding-top: 32px; padding-bottom: 48px; color: var(--muted); }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible, section:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
.skip { position: absolute; left: 8px; top: -60px; padding: 6px 12px; background: var(--background); }
.skip:focus { top: 8px; }
bdi { unicode-bidi: isolate; overflow-wrap: anywhere; }
h1 { margin: 2px 0 10px; font-size: 1.6em; line-height: 1.3; text-wrap: pretty; }
h2 { margin: 40px 0 8px; font-size: 1.3em; }
h3 { margin: 0; font-size: 1.12em; }
h4 { margin: 18px 0 2px; font-size: 1em; }
p { margin: 5px 0; }
.muted, caption, thead th, dt, .legend { color: var(--muted); }
.tally, .legend, .figures { display: flex; flex-wrap: wrap; gap: 2px 20px; }
nav ul { columns: 15em; padding-left: 20px; }
.warnings { margin-top: 20px; border-left: 4px solid var(--pv); padding: 2px 16px; }
.warnings h2 { margin-top: 4px; }
.warnings ul { padding-left: 0; list-style: none; }
.workload { margin-top: 16px; padding: 16px 18px; border: 1px solid var(--line); border-radius: 5px; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 16px; }
.scroll { max-width: 100%; overflow-x: auto; margin: 6px 0; }
.scroll > svg { display: block; height: auto; max-width: 100%; min-width: 600px; }
.scroll > svg.wide { min-width: 760px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { padding: 4px 0; text-align: left; }
th, td { padding: 4px 18px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { vertical-align: bottom; }
th[title] { text-decoration: underline dotted; text-underline-offset: 3px; cursor: help; }
tbody th { min-width: 9em; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.differs > * { font-weight: 600; }
tr.warmup > *, .aside { color: var(--muted); }
.facts td { min-width: 10em; }
.verdict { font-weight: 600; white-space: nowrap; }
.faster { color: var(--faster); }
.slower { color: var(--slower); }
.equivalent { color: var(--equivalent); }
.insufficient, .refused, .untested { color: var(--muted); font-weight: 400; }
.band { display: inline-block; width: 16px; height: 11px; border: 1px solid var(--equivalent); background: var(--equivalent); opacity: 0.4; }
.tone-pv { color: var(--pv); }
.tone-pvhvm { color: var(--pvhvm); }
.tone-hvm { color: var(--hvm); }
.tone-pvh { color: var(--pvh); }
.tone-other { color: var(--other); }
.tone-second { color: var(--second); }
details { margin-top: 10px; }
summary { cursor: pointer; padding: 2px 0; }
dl { margin: 8px 0; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
.provenance { display: grid; grid-template-columns: max-content 1fr; gap: 2px 20px; }
@media (max-width: 600px) {
  header, main, footer, nav { padding-left: 14px; padding-right: 14px; }
  .workload { padding: 10px; }
  .provenance { grid-template-columns: 1fr; }
  .provenance dd { margin-bottom: 6px; }
  h1 { font-size: 1.35em; }
}
@media print {
  body { font-size: 10.5pt; }
  header, main, footer { max-width: none; padding: 0; }
  nav, .skip { display: none; }
  .scroll { overflow: visible; }
  .scroll > svg, .scroll > svg.wide { min-width: 0; max-height: 22cm; }
  table { font-size: 8.5pt; }
  th, td { padding-right: 10px; }
  tbody th { min-width: 0; }
  .workload, tr, svg { break-inside: avoid; }
  h2, h3, h4, caption { break-after: avoid; }
  details:not([open]) { display: none; }
}
`;

/** SHA-256 of the style sheet, as a content security policy names it; a test compares the two. */
export const htmlStyleHash = 'sha256-tM0zgyU24cMCmftydu4dLFvT77Eiy0lHamPxpCcKBu8=';
