import { experimentLetter, experimentOutline } from '../src/report/charts/experimentShapes';
import { el } from './dom';
import { svg, tenth } from './svg';

/** The shape of an experiment at a place of a drawing. */
export function experimentShape(
  index: number,
  x: number,
  y: number,
  radius: number,
  css: string,
): SVGElement {
  const transform = `translate(${tenth(x)},${tenth(y)}) scale(${radius})`;
  return svg('path', {
    d: experimentOutline(index),
    transform,
    class: css,
    'vector-effect': 'non-scaling-stroke',
  });
}

/** Shape and letter of an experiment, for text. */
export function experimentMark(index: number): HTMLElement {
  const picture = svg('svg', { viewBox: '-8 -8 16 16', class: 'experiment-shape', 'aria-hidden': 'true' });
  picture.append(experimentShape(index, 0, 0, 5, 'shape'));
  const mark = el('span', { class: 'experiment-mark' });
  mark.append(picture, experimentLetter(index));
  return mark;
}
