/** Short enough that a person's next click or scroll is never held up. */
const sliceMs = 12;

/** Calls `then` once the window shows what was made so far. */
export function whenDrawn(then: () => void): void {
  requestAnimationFrame(() => window.setTimeout(then));
}

/**
 * Does `work` for the first items at once, and for the others a few in each frame, so that the page answers meanwhile.
 * Returns how to leave out what is not done yet.
 */
export function inSlices<T>(
  items: readonly T[],
  first: number,
  work: (item: T) => void,
  whenDone: () => void = () => undefined,
): () => void {
  let next = 0;
  let frame = 0;
  let timer = 0;
  const goOn = (): void => {
    const startedMs = performance.now();
    do {
      const item = items[next++];
      if (item !== undefined) work(item);
    } while (next < items.length && performance.now() - startedMs < sliceMs);
    later();
  };
  const later = (): void => {
    // Not before the page was drawn: the layout of what several slices made would be one long task.
    if (next < items.length) frame = requestAnimationFrame(() => (timer = window.setTimeout(goOn)));
    else whenDone();
  };
  for (; next < Math.min(first, items.length); next++) work(items[next] as T);
  later();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
