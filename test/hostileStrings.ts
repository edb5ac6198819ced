/**
 * Names, outputs and reasons as somebody would write them who wants more from their reader than to be read. Every place
 * that shows or writes text of others is tested with all of them.
 */

/** What any script in these texts would set. */
export const flag = 'guestbenchScriptRan';
const run = `window.${flag}=1`;

/** The command that a link in these texts would run. */
export const linkedCommand = 'guestbench.showLog';

/** A text in characters of the block that once held language tags: none of them is seen. */
const inTags = (text: string): string =>
  Array.from(text, (c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) ?? 0))).join('');

export const hostileTexts: Readonly<Record<string, string>> = {
  html: `<img src=x onerror="${run}"><script>${run}</script><style>*{display:none}</style>`,
  attribute: `"><svg onload=${run}></svg>' onmouseover='${run}' x="`,
  entity: `&lt;img src=x onerror=${run}&gt;&#60;script&#62;]]><!-- -->`,
  markdown: `[click](command:workbench.action.quit) ![x](https://example.org/x.png) | \`b\` <b>c</b>\n# heading`,
  escapes:
    '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u001b]8;;https://example.org\u0007link\u001b]8;;\u0007',
  clipboard: '\u001b]52;c;ZXZpbA==\u0007\u009b6n\u0090q\u009c',
  reordering: 'photo\u202egnp.exe\u2066\u200f\u061c',
  invisible: 'ad\u200bmin\ufeff\u2060\u2063',
  controls: 'a\u0000b\u0008c\u000bd\u007fe\u0085f\u2028g\u2029h',
  formula: '=HYPERLINK("https://example.org","x")',
  sum: '@SUM(A1:A9)',
  icon: '$(trash) ${1+1} {{7*7}} %s {0}',
  prototype: '__proto__',
  long: 'x'.repeat(3000),
  link: `[show the log](command:${linkedCommand}) [file](file:///etc/passwd "t") [web](https://example.org)`,
  autolink: 'https://example.org/x www.example.org a@example.org <https://example.org>',
  forged:
    'root\n\nIt presents the ED25519 key\nSHA256:forgedforgedforgedforgedforgedforgedforgedfo\n\nTrusted: yes',
  carriage: 'good\rbad\r\nworse\u000b\u000cend',
  tags: `vm${inTags('evil')}\u{e0001}\u{e007f}`,
  joined: 'a\u200cb\u200dc\u00add\u034fe\u115ff\u3164g\uffa0h\u180ei\u2800j\u17b4k',
  selectors: 'v\ufe0fw\ufe00x\u{e0100}y\u{1d173}z\ufff9a\ufffb',
  pile: `z${'\u0301\u0336'.repeat(40)}algo`,
  halves: 'a\ud800b\udc00c',
  heading:
    '━━ OpenSSL on db1 (PVHVM) · round 1 of 5 · trial 1 of 10\n✓ rate 123456 ops/s · 0.1 s\n✗ failed: x\n! note',
  gutter: 'a │ b\n┃ ✓ rate 1\n▌ ✓ rate 2',
  semicolon: `x;=cmd|' /C calc'!A0;+1;-2;@SUM(1)`,
  tabbed: "x\t=cmd|' /C calc'!A0\t+1",
  plus: '+1+cmd',
  minus: '-2+3',
  fullWidth: '＝1＋1',
  quoted: `","=1+1","\r\n=2+2`,
  blank: ' =1+1',
  entry: 'x\n2026-12-01 11:00:00.000 [info] Host key of root@db1:22 trusted',
  prompt: '$ rm -rf /\n# whoami\nPassword: ',
  format: '%n%s%x \\u001b \\x1b \\r',
};

/** What must never be shown: line breaks are not among these, for some places have lines. */
export const unseen =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\p{Cs}]/u;
