import { readTrendMessage } from '../src/report/trendMessage';
import type { TrendPageMessage } from '../src/report/trendProtocol';
import { darkOnPaper } from './theme';
import { TrendPage } from './trendView';

/** Must equal trendVersion of src/report/trendProtocol.ts; a test compares them. */
export const trendPageVersion = 1;

/** What this page needs of VS Code. */
export interface TrendHost {
  postMessage(message: TrendPageMessage): void;
  setState(state: unknown): void;
}

/** Puts the trend into `root` and keeps it as the host says. Returns how to take it off the page. */
export function startTrend(root: HTMLElement, host: TrendHost): () => void {
  const page = new TrendPage(root, (message) => host.postMessage(message));

  function receive({ data }: MessageEvent<unknown>): void {
    const read = readTrendMessage(data, trendPageVersion);
    if (read.status === 'dropped') {
      host.postMessage({ type: 'error', message: `dropped a message: ${read.why}` });
      return;
    }
    host.setState(read.message.keep);
    try {
      page.update(read.message.model);
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : 'unknown';
      host.postMessage({ type: 'error', message: message.slice(0, 9000) });
    }
  }

  const stopPrinting = darkOnPaper();
  window.addEventListener('message', receive);
  host.postMessage({ type: 'ready', version: trendPageVersion });
  return () => {
    window.removeEventListener('message', receive);
    stopPrinting();
    page.close();
  };
}

const root = document.getElementById('trend');
if (root !== null) {
  // The page's own messages and state: VS Code hands on whatever it is given.
  const host: { postMessage(message: unknown): void; setState(state: unknown): void } = acquireVsCodeApi();
  startTrend(root, host);
}
