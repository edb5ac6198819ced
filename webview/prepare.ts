import { readPreparationMessage } from '../src/report/preparationMessage';
import type { PreparationPageMessage } from '../src/report/preparationProtocol';
import type { PreparationModel } from '../src/report/preparationShape';
import { PreparePage } from './preparePage';

/** Must equal preparationVersion of src/report/preparationProtocol.ts; a test compares them. */
export const preparePageVersion = 1;

/** What this page needs of VS Code. */
export interface PrepareHost {
  postMessage(message: PreparationPageMessage): void;
  getState(): unknown;
  setState(state: { readonly open: readonly string[] }): void;
}

/** Puts the table into `root` and keeps it as the host says. Returns how to take it off the page. */
export function startPrepare(root: HTMLElement, host: PrepareHost): () => void {
  const open = new Set(openKeys(host.getState()));
  const page = new PreparePage(root, {
    post: (message) => host.postMessage(message),
    isOpen: (key) => open.has(key),
    setOpen(key, to) {
      if (to === 'open') open.add(key);
      else open.delete(key);
      host.setState({ open: [...open] });
    },
  });

  function show(model: PreparationModel): void {
    try {
      page.update(model);
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : 'unknown';
      host.postMessage({ type: 'error', message: message.slice(0, 9000) });
    }
  }

  function receive({ data }: MessageEvent<unknown>): void {
    const read = readPreparationMessage(data, preparePageVersion);
    if (read.status === 'ok') show(read.message.model);
    else host.postMessage({ type: 'error', message: `dropped a message: ${read.why}` });
  }

  window.addEventListener('message', receive);
  host.postMessage({ type: 'ready', version: preparePageVersion });
  return () => window.removeEventListener('message', receive);
}

function openKeys(state: unknown): readonly string[] {
  if (typeof state !== 'object' || state === null || !('open' in state)) return [];
  return Array.isArray(state.open) ? state.open.filter((key) => typeof key === 'string') : [];
}

const root = document.getElementById('prepare');
if (root !== null) {
  // The page's own messages and state: VS Code hands on whatever it is given.
  const host: { postMessage(message: unknown): void; getState(): unknown; setState(state: unknown): void } =
    acquireVsCodeApi();
  startPrepare(root, host);
}
