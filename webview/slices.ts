/** Of work in a frame: short enough that a person's next click or scroll is never held up. */
const sliceMs = { first: 4, least: 1, most: 12 } as const;
/** What a slice makes has to be laid out and drawn too, which can take many times as long: this says when it does. */
const drawnMs = { quick: 25, slow: 40 } as const;

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
  let mostMs: number = sliceMs.first;
  let endedMs: number | undefined;
  const goOn = (): void => {
    const startedMs = performance.now();
    const sinceMs = endedMs === undefined ? undefined : startedMs - endedMs;
    if (sinceMs !== undefined && sinceMs > drawnMs.slow) mostMs = Math.max(sliceMs.least, mostMs / 2);
    if (sinceMs !== undefined && sinceMs < drawnMs.quick) mostMs = Math.min(sliceMs.most, mostMs * 1.5);
    do {
      const item = items[next++];
      if (item !== undefined) work(item);
    } while (next < items.length && performance.now() - startedMs < mostMs);
    endedMs = performance.now();
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
