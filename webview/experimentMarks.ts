import { el } from './dom';
import { svg, tenth } from './svg';

/** Shapes that tell experiments apart in a chart and beside it, drawn in a box from -1 to 1. */
const outlines = [
  'M-1,0A1,1 0 1 1 1,0A1,1 0 1 1 -1,0Z',
  'M-0.85,-0.85H0.85V0.85H-0.85Z',
  'M0,-1.1L1.05,0.8H-1.05Z',
  'M0,-1.2L1.2,0L0,1.2L-1.2,0Z',
  'M0,1.1L1.05,-0.8H-1.05Z',
  'M-0.4,-1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z',
] as const;

/** A, B, … Z, AA, …: what an experiment is called where its label has no room. */
export function experimentLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? experimentLetter(rest - 1) : '') + String.fromCharCode(65 + (index % 26));
}

/** The shape of an experiment at a place of a drawing; after six the shapes come again, the letters never. */
export function experimentShape(
  index: number,
  x: number,
  y: number,
  radius: number,
  css: string,
): SVGElement {
  const outline = outlines[index % outlines.length] ?? outlines[0];
  const transform = `translate(${tenth(x)},${tenth(y)}) scale(${radius})`;
  return svg('path', { d: outline, transform, class: css, 'vector-effect': 'non-scaling-stroke' });
}

/** Shape and letter of an experiment, for text. */
export function experimentMark(index: number): HTMLElement {
  const picture = svg('svg', { viewBox: '-8 -8 16 16', class: 'experiment-shape', 'aria-hidden': 'true' });
  picture.append(experimentShape(index, 0, 0, 5, 'shape'));
  const mark = el('span', { class: 'experiment-mark' });
  mark.append(picture, experimentLetter(index));
  return mark;
}
