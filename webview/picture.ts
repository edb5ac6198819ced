import { textWidth, wrapped } from '../src/report/charts/svg';
import type { PictureMessage } from '../src/report/pictureMessage';
import { pngOf } from './saveChart';
import { svg } from './svg';
import { printingClass } from './theme';

/** What a chart of the page is drawn with for a picture, in CSS pixels. */
export const pictureWidth = 900;

/** What a sign in a drawing stands for. */
export interface PictureKey {
  /** Around (0, 0) to (24, 0). */
  readonly sign?: SVGElement;
  readonly text: string;
}

/** A chart of the page on its way into a file of its own, where nothing else tells what it shows. */
export interface Picture {
  /** For the name of the file. */
  readonly name: string;
  readonly title: string;
  readonly sentence: string;
  /** `pictureWidth` wide. */
  readonly chart: SVGElement;
  readonly keys: readonly PictureKey[];
}

const edge = 10;
const width = pictureWidth + 2 * edge;
const signWidth = 30;

/** Hands a picture to the host as SVG, and as PNG where this page can draw one. */
export async function postPicture(picture: Picture, post: (message: PictureMessage) => void): Promise<void> {
  const drawing = standAlone(picture);
  // What XML cannot hold at all: names can hold anything.
  const markup = new XMLSerializer().serializeToString(drawing).replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd');
  const height = Number(drawing.getAttribute('height'));
  const png = await pngOf({ svg: markup, width, height }).catch(() => undefined);
  post({ type: 'savePicture', name: picture.name, svg: markup, ...(png === undefined ? {} : { png }) });
}

/** Dark on white whatever the theme, and without style sheet: as the page looks on paper. */
function standAlone(picture: Picture): SVGElement {
  const drawing = arranged(picture);
  const box = document.createElement('div');
  box.className = 'saved-box';
  box.append(drawing);
  document.documentElement.classList.add(printingClass);
  document.body.append(box);
  const elements = [...drawing.querySelectorAll<SVGElement>('*:not(title)')];
  for (const element of elements) writeStyle(element);
  // Only now: the style of one can hang on the class of another.
  for (const element of [drawing, ...elements]) for (const name of unwanted) element.removeAttribute(name);
  box.remove();
  document.documentElement.classList.remove(printingClass);
  return drawing;
}

function arranged({ title, sentence, chart, keys }: Picture): SVGElement {
  const sentences = wrapped(sentence, pictureWidth, 4, 13);
  const drawing = svg('svg', { role: 'img', 'aria-label': title, class: 'saved' });
  drawing.append(
    svg('title', {}, title),
    svg('rect', { class: 'paper', width: '100%', height: '100%' }),
    svg('text', { x: edge, y: 30, class: 'name' }, title),
    ...sentences.map((text, index) => svg('text', { x: edge, y: 56 + 19 * index, class: 'said' }, text)),
  );
  const top = 56 + 19 * sentences.length;
  const [, , chartWidth = String(pictureWidth), chartHeight = '0'] = (
    chart.getAttribute('viewBox') ?? ''
  ).split(' ');
  const place = { x: edge, y: top, width: chartWidth, height: chartHeight, overflow: 'visible' };
  for (const [name, value] of Object.entries(place)) chart.setAttribute(name, String(value));
  drawing.append(chart);
  const below = top + Number(chartHeight) + 24;
  const height = appendKeys(drawing, keys, below);
  for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` }))
    drawing.setAttribute(name, String(value));
  return drawing;
}

/** Returns where the drawing ends. */
function appendKeys(drawing: SVGElement, keys: readonly PictureKey[], top: number): number {
  let [x, y] = [edge, top];
  for (const { sign, text } of keys) {
    const needed = (sign === undefined ? 0 : signWidth) + textWidth(text) + 22;
    if (x > edge && x + needed > width) [x, y] = [edge, y + 20];
    if (sign !== undefined) {
      const place = svg('g', { transform: `translate(${x} ${y - 4})` });
      place.append(sign);
      drawing.append(place);
    }
    drawing.append(svg('text', { x: x + (sign === undefined ? 0 : signWidth), y, class: 'said' }, text));
    x += needed;
  }
  return keys.length === 0 ? top : y + 16;
}

const written = [
  ...['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray'],
  ...['opacity', 'paint-order', 'font-size', 'font-weight', 'font-family'],
];
/** Of the page, and without meaning in a file. */
const unwanted = ['class', 'tabindex', 'data-focus', 'aria-hidden'];

function writeStyle(element: SVGElement): void {
  const style = getComputedStyle(element);
  const isText = element.tagName === 'text';
  for (const name of written) {
    if (name.startsWith('font-') && !isText) continue;
    const value = style.getPropertyValue(name);
    if (value !== '' && value !== initial[name]) element.setAttribute(name, paintText(value));
  }
  keepStrokeWidth(element);
}

/** Few programs know strokes that do not grow with their shape. */
function keepStrokeWidth(element: SVGElement): void {
  if (!element.hasAttribute('vector-effect')) return;
  element.removeAttribute('vector-effect');
  const [, scale = '1'] = /scale\(([\d.]+)\)/.exec(element.getAttribute('transform') ?? '') ?? [];
  const strokeWidth = Number.parseFloat(element.getAttribute('stroke-width') ?? '1') / Number(scale);
  element.setAttribute('stroke-width', strokeWidth.toFixed(3));
}

const initial: Readonly<Record<string, string>> = {
  'fill-opacity': '1',
  'stroke-width': '1px',
  'stroke-dasharray': 'none',
  stroke: 'none',
  opacity: '1',
  'paint-order': 'normal',
  'font-weight': '400',
};

/** Colours as every program reads them: mixed ones are computed as `color(srgb …)`. */
function paintText(value: string): string {
  if (value === 'rgba(0, 0, 0, 0)') return 'none';
  const mixed = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/.exec(value);
  if (mixed === null) return value;
  const parts = mixed.slice(1, 4).map((part) => Math.round(255 * Number(part)));
  return `rgb(${parts.join(', ')})`;
}
