import { inSlices } from './slices';

const waiting = new Map<Element, () => void>();
let observer: IntersectionObserver | undefined;

/** Calls `then` once, when `element` is about to come into view: a fold can hold hundreds of charts. */
export function whenVisible(element: Element, then: () => void): void {
  observer ??= new IntersectionObserver(
    (entries) => {
      // A quick scroll brings several charts into view at once, and each takes a while.
      const seen = entries.filter(({ isIntersecting }) => isIntersecting);
      inSlices(seen, 0, ({ target }) => {
        const draw = waiting.get(target);
        forget(target);
        draw?.();
      });
    },
    { rootMargin: '600px' },
  );
  waiting.set(element, then);
  observer.observe(element);
}

export function forget(element: Element): void {
  waiting.delete(element);
  observer?.unobserve(element);
}

/** Calls everything that still waits, for a page that is seen as a whole. */
export function drawAll(): void {
  for (const [element, draw] of [...waiting]) {
    forget(element);
    draw();
  }
}
