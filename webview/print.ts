import { redrawCharts } from './chart';
import { forgetColors, printingClass } from './theme';
import { drawAll } from './visible';

/** Folds may be within folds. */
const deepest = 4;

/**
 * On paper nothing can be opened: all folds are open and all charts drawn while the page is printed.
 * @param isFit whether that is little enough to be done at once.
 * Returns how to leave that.
 */
export function openForPrinting(root: HTMLElement, isFit: () => boolean): () => void {
  let opened: HTMLDetailsElement[] = [];
  const set = (fold: HTMLDetailsElement, open: boolean): void => {
    fold.open = open;
    // The browser would tell only when the page is on paper already.
    fold.dispatchEvent(new Event('toggle'));
  };
  const before = (): void => {
    document.documentElement.classList.add(printingClass);
    forgetColors();
    for (let depth = 0; depth < deepest && isFit(); depth++) {
      const closed = [...root.querySelectorAll<HTMLDetailsElement>('details:not([open])')];
      for (const fold of closed) set(fold, true);
      opened = [...opened, ...closed];
    }
    drawAll();
    redrawCharts();
  };
  const after = (): void => {
    document.documentElement.classList.remove(printingClass);
    for (const fold of opened.reverse()) set(fold, false);
    opened = [];
    forgetColors();
    redrawCharts();
  };
  window.addEventListener('beforeprint', before);
  window.addEventListener('afterprint', after);
  return () => {
    window.removeEventListener('beforeprint', before);
    window.removeEventListener('afterprint', after);
  };
}
