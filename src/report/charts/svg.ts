import { plain } from '../format';

/** Markup of charts: plain text, so that it can be written to a file, put into a document and drawn on a canvas. */

export interface Drawing {
  readonly svg: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text for XML and HTML: nothing in it is markup, and nothing in it reorders what stands around it. */
export function escaped(text: string): string {
  return (
    plain(text)
      // What XML cannot hold at all.
      .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      .replace(/'/g, '&#39;')
  );
}

/** An element; `inner` is markup already. */
export function tag(name: string, attributes: Attributes, inner = ''): string {
  const words = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`],
  );
  return inner === '' ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${inner}</${name}>`;
}

/** To a hundredth of a pixel. */
const short = (value: number): string => String(Math.round(100 * value) / 100);

/** A name inside a sentence keeps its own direction to itself. */
export const isolated = (name: string): string => `\u2068${plain(name)}\u2069`;

/** As `escaped`, of a text that is made of plain parts and isolated names. */
const escapedIsolates = (text: string): string =>
  text
    .split(/([\u2068\u2069])/)
    .map((part) => (part === '\u2068' || part === '\u2069' ? part : escaped(part)))
    .join('');

export interface Lettering {
  readonly fill: string;
  readonly size?: number;
  readonly bold?: 'bold' | 'regular';
  readonly anchor?: 'start' | 'middle' | 'end';
  /** In pixels: a longer text is cut, and has the whole as its title. */
  readonly room?: number;
}

/** Text whose middle is at the height `y`. */
export function lettering(x: number, y: number, text: string, style: Lettering): string {
  const { fill, size = 12, bold = 'regular', anchor = 'start', room = Infinity } = style;
  const shown = fit(text, room, size, bold);
  const whole = shown === text ? '' : `<title>${escapedIsolates(text)}</title>`;
  const attributes = {
    x,
    y: y + 0.35 * size,
    fill,
    'font-size': size,
    ...(bold === 'bold' ? { 'font-weight': 600 } : {}),
    ...(anchor === 'start' ? {} : { 'text-anchor': anchor }),
  };
  return shown === '' ? '' : tag('text', attributes, whole + escapedIsolates(shown));
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, more?: Attributes) {
  return tag('line', { x1, y1, x2, y2, stroke, ...more });
}

/** Roughly how wide a text is in a usual sans-serif font, in pixels: nothing here can measure. */
export function textWidth(text: string, size = 12, bold: 'bold' | 'regular' = 'regular'): number {
  let units = 0;
  for (const letter of text) units += letterWidth(letter);
  return units * size * (bold === 'bold' ? 1.1 : 1.03);
}

function letterWidth(letter: string): number {
  if (/[\p{M}\u2068\u2069]/u.test(letter)) return 0;
  if (/[ijlI.,:;'|!()[\]/ ·]/.test(letter)) return 0.3;
  if (/[frt-]/.test(letter)) return 0.38;
  if (/[mwMW@%←→]/.test(letter)) return 0.9;
  if (/[A-Z]/.test(letter)) return 0.68;
  if (/[\u0020-\u024f\u0370-\u03ff]/.test(letter)) return 0.57;
  return (letter.codePointAt(0) ?? 0) < 0x1100 ? 0.65 : 1.05;
}

/** The text, cut with an ellipsis to the width; never inside a character. */
export function fit(text: string, room: number, size = 12, bold: 'bold' | 'regular' = 'regular'): string {
  if (textWidth(text, size, bold) <= room) return text;
  const letters = Array.from(text).slice(0, Math.max(1, Math.floor(room / (0.3 * size))));
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, size, bold) > room) letters.pop();
  return `${letters.join('')}…`;
}

/** Lines of words that fit; at most `most`, the last one cut. */
export function wrapped(text: string, room: number, most: number, size = 12): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last ?? ''} ${word}`;
    if (last === undefined || textWidth(longer, size) > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  const kept = lines.slice(0, most);
  return kept.map((one, index) =>
    fit(index === most - 1 && lines.length > most ? `${one} …` : one, room, size),
  );
}

/** The marks of verdicts and guests, by their radius around a point. */
export type Shape = 'right' | 'left' | 'diamond' | 'circle' | 'square' | 'cross';

export function mark(shape: Shape, x: number, y: number, radius: number, paint: Attributes): string {
  switch (shape) {
    case 'circle':
      return tag('circle', { cx: x, cy: y, r: radius, ...paint });
    case 'square': {
      const side = Math.SQRT2 * radius;
      return tag('rect', { x: x - side / 2, y: y - side / 2, width: side, height: side, ...paint });
    }
    case 'diamond':
      return polygon([[x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y]], paint); // prettier-ignore
    case 'right':
    case 'left': {
      const turn = shape === 'right' ? 1 : -1;
      const half = (Math.sqrt(3) / 2) * radius;
      return polygon(
        [
          [x + turn * radius, y],
          [x - (turn * radius) / 2, y - half],
          [x - (turn * radius) / 2, y + half],
        ],
        paint,
      );
    }
    case 'cross': {
      const arm = radius / Math.SQRT2;
      const d = `M${short(x - arm)} ${short(y - arm)}L${short(x + arm)} ${short(y + arm)}M${short(x - arm)} ${short(y + arm)}L${short(x + arm)} ${short(y - arm)}`;
      return tag('path', { d, ...paint });
    }
  }
}

function polygon(corners: readonly (readonly [number, number])[], paint: Attributes): string {
  const points = corners.map(([x, y]) => `${short(x)},${short(y)}`).join(' ');
  return tag('polygon', { points, ...paint });
}

/** What a reader or a search finds of a drawing, and the drawing. `id` keeps several in one document apart. */
export function drawing(
  { title, description, id }: { readonly title: string; readonly description: string; readonly id: string },
  width: number,
  height: number,
  background: string | undefined,
  parts: readonly string[],
): Drawing {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${short(width)} ${short(height)}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': `${id}-title ${id}-desc`,
    'font-family': 'system-ui, sans-serif',
  };
  const inner = [
    tag('title', { id: `${id}-title` }, escaped(title) || ' '),
    tag('desc', { id: `${id}-desc` }, escaped(description) || ' '),
    background === undefined ? '' : tag('rect', { width: '100%', height: '100%', fill: background }),
    ...parts,
  ];
  return { svg: tag('svg', attributes, inner.filter((part) => part !== '').join('\n')), width, height };
}
