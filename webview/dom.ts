import { plain } from '../src/report/format';
import { inSlices } from './slices';

export type Child = Node | string | null | undefined;
type Attributes = Readonly<Record<string, string | undefined>>;

/** Makes an element. Text reaches the page as text nodes only; `style` and handlers have no way in. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(name, name === 'aria-label' ? plain(value) : value);
  }
  element.append(...nodesOf(children));
  return element;
}

/** Whatever a text holds, it stays in its place: characters that reorder their surroundings become visible. */
function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) => (typeof child === 'string' ? plain(child) : (child ?? [])));
}

/** Text from outside, kept from reordering what stands around it. */
export function name(text: string): HTMLElement {
  return el('bdi', {}, text);
}

/** What a button is called aloud begins with what stands on it, so that who speaks to the page can name it. */
function spokenName(text: string, label: string): string {
  const shown = text.replace(/…$/, '');
  return label.toLowerCase().includes(shown.toLowerCase()) ? label : `${shown}: ${label}`;
}

/** A button that looks like a link. `key` lets the focus survive a redraw. */
export function linkButton(text: string, key: string, label: string, onClick: () => void): HTMLButtonElement {
  const button = el(
    'button',
    { type: 'button', class: 'link', 'data-focus': key, 'aria-label': spokenName(text, label) },
    text,
  );
  button.addEventListener('click', onClick);
  return button;
}

/** The element that had the focus when it was made anew while a person was elsewhere, by its `data-focus`. */
let awaited: string | null = null;

/**
 * Replaces the children of `parent`; an element that had the focus and is made again gets it back. While a person is
 * elsewhere in the window, in the command palette say, it gets it back when they return, never before.
 */
export function replace(parent: Element, ...children: readonly Child[]): void {
  const active = document.activeElement;
  const key = active !== null && parent.contains(active) ? active.getAttribute('data-focus') : null;
  parent.replaceChildren(...nodesOf(children));
  if (key === null) return;
  if (document.hasFocus()) {
    focusOn(parent, key);
    return;
  }
  if (awaited === null) window.addEventListener('focus', returnFocus, { once: true });
  awaited = key;
}

function returnFocus(): void {
  const key = awaited;
  awaited = null;
  if (key !== null && document.activeElement === document.body) focusOn(document, key);
}

function focusOn(within: ParentNode, key: string): void {
  for (const element of within.querySelectorAll<HTMLElement>('[data-focus]')) {
    if (element.getAttribute('data-focus') === key) element.focus({ preventScroll: true });
  }
}

/** Changes a text only when it is another one, so that screen readers do not repeat it. */
export function setText(element: Element, text: string): void {
  const shown = plain(text);
  if (element.textContent !== shown) element.textContent = shown;
}

export interface Column {
  readonly title: string;
  readonly number?: 'number';
  /** What stands in it, in a sentence. */
  readonly hint?: string | undefined;
  /** Stands in the head of the table instead of the title. */
  readonly head?: Node;
}

/** The cells of a row, or how to make them: of a long table only the first are made at once. */
export type TableRow = readonly Child[] | (() => readonly Child[]);

/** As many as come into view. */
const rowsAtOnce = 40;

/** A table that scrolls sideways in a narrow panel; the first cell of each row is its heading. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly TableRow[],
  rowClass: (row: number) => string | undefined = () => undefined,
): HTMLElement {
  const kind = (index: number) => (columns[index]?.number === undefined ? undefined : 'number');
  const head = columns.map(({ title, hint, head: shown }, index) =>
    el('th', { scope: 'col', class: kind(index), title: hint }, shown ?? title),
  );
  const rowOf = (row: number, cells: readonly Child[]) =>
    el(
      'tr',
      { class: rowClass(row) },
      ...cells.map((cell, index) =>
        index === 0
          ? el('th', { scope: 'row', class: kind(index) }, cell)
          : el('td', { class: kind(index) }, cell),
      ),
    );
  const body = el('tbody');
  inSlices([...rows.entries()], rowsAtOnce, ([row, cells]) => {
    // A table that was taken off the page meanwhile needs no more rows.
    if (row >= rowsAtOnce && !body.isConnected) return;
    body.append(rowOf(row, typeof cells === 'function' ? cells() : cells));
  });
  const made = el('table', {}, el('caption', {}, caption), el('thead', {}, el('tr', {}, ...head)), body);
  return el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': caption }, made);
}
