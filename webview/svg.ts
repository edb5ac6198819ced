type Attributes = Readonly<Record<string, string | number>>;

/** An element of a drawing; texts come in as text nodes only. */
export function svg(
  tag: string,
  attributes: Attributes,
  ...children: readonly (Node | string)[]
): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

export function svgText(x: number, y: number, label: string, anchor: 'start' | 'middle' | 'end'): SVGElement {
  return svg('text', { x, y, 'text-anchor': anchor, 'aria-hidden': 'true' }, label);
}

/** To a tenth of a pixel. */
export const tenth = (value: number): number => Math.round(10 * value) / 10;

const usualWidth = 640;

/**
 * A box whose drawing is made anew for each width it gets, so that its letters keep their size. Where nothing tells
 * the width, on paper for instance, the last drawing is scaled.
 */
export function fluidDrawing(draw: (width: number) => SVGElement): HTMLElement {
  const box = document.createElement('div');
  box.className = 'fluid';
  let drawn = 0;
  const redraw = (width: number): void => {
    if (Math.abs(width - drawn) < 2) return;
    drawn = width;
    box.replaceChildren(draw(width));
  };
  redraw(usualWidth);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) redraw(width);
  }).observe(box);
  return box;
}
