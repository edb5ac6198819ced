import type { PageMessage } from '../src/report/protocol';

/** What the page keeps while it is hidden: selection only, the data comes from the host. */
export interface PageState {
  readonly candidate?: string;
  /** Keys of the details that are open. */
  readonly open?: readonly string[];
  readonly scroll?: number;
  /** Addresses of the files of a report over several: the host brings the tab back with them. */
  readonly files?: readonly string[];
}

export interface VsCodeApi {
  postMessage(message: PageMessage): void;
  getState(): unknown;
  setState(state: PageState): void;
}

declare global {
  /** Given by VS Code to every webview; may be called once. */
  function acquireVsCodeApi(): VsCodeApi;
}

export function readState(data: unknown): PageState {
  if (typeof data !== 'object' || data === null) return {};
  const { candidate, open, scroll, files } = data as Record<string, unknown>;
  return {
    ...(typeof candidate === 'string' ? { candidate } : {}),
    ...(Array.isArray(open) ? { open: open.filter((key) => typeof key === 'string') } : {}),
    ...(typeof scroll === 'number' ? { scroll } : {}),
    ...(Array.isArray(files) ? { files: files.filter((file) => typeof file === 'string') } : {}),
  };
}
