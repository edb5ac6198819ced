// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { openForPrinting } from '../../../webview/print';
import { whenVisible } from '../../../webview/visible';

let stop: () => void = () => undefined;
afterEach(() => stop());

/** A fold that fills itself with another one when it is opened. */
function page(): HTMLElement {
  document.body.innerHTML = '<main><details id="outer"></details><details id="kept" open></details></main>';
  const outer = document.getElementById('outer') as HTMLDetailsElement;
  outer.addEventListener('toggle', () => {
    outer.innerHTML = outer.open ? '<details id="inner">text</details>' : '';
  });
  return document.querySelector('main')!;
}

const openFolds = () => [...document.querySelectorAll('details[open]')].map(({ id }) => id);

describe('printing', () => {
  it('opens all folds, those within others too, draws what waits, and puts everything back', () => {
    let drawn = 0;
    stop = openForPrinting(page(), () => true);
    whenVisible(document.body, () => (drawn += 1));
    window.dispatchEvent(new Event('beforeprint'));
    expect(openFolds()).toEqual(['outer', 'inner', 'kept']);
    expect(document.documentElement.classList.contains('printing')).toBe(true);
    expect(drawn).toBe(1);
    window.dispatchEvent(new Event('afterprint'));
    expect(openFolds()).toEqual(['kept']);
    expect(document.documentElement.classList.contains('printing')).toBe(false);
    window.dispatchEvent(new Event('beforeprint'));
    expect(drawn).toBe(1);
    window.dispatchEvent(new Event('afterprint'));
  });

  it('leaves the folds of a very long report as they are', () => {
    stop = openForPrinting(page(), () => false);
    window.dispatchEvent(new Event('beforeprint'));
    expect(openFolds()).toEqual(['kept']);
    window.dispatchEvent(new Event('afterprint'));
  });

  it('does nothing once it is left', () => {
    openForPrinting(page(), () => true)();
    window.dispatchEvent(new Event('beforeprint'));
    expect(openFolds()).toEqual(['kept']);
  });
});
