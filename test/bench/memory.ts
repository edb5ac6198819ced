/** How far the memory of this process rose above what it was, in bytes, and of what it was made then. */
export interface Growth {
  readonly rss: number;
  readonly heap: number;
  /** Outside of the heap: mostly buffers. */
  readonly external: number;
}

/** Watches the memory of this process from now on; `stop` tells the most. */
export function watchMemory(): { stop(): Growth } {
  const idle = process.memoryUsage();
  let most = idle;
  const look = (): void => {
    const now = process.memoryUsage();
    if (now.rss > most.rss) most = now;
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return {
        rss: most.rss - idle.rss,
        heap: most.heapTotal - idle.heapTotal,
        external: most.external - idle.external,
      };
    },
  };
}
