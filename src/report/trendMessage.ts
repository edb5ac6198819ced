import type { TrendChoice, TrendModel } from './trendShape';

/** Host to page: the whole trend, after `ready` and whenever it has changed. */
export interface TrendHostMessage {
  readonly type: 'trend';
  readonly version: number;
  readonly model: TrendModel;
  readonly keep: TrendPlace;
}

/** For the page to keep: the tab is brought back with it. */
export interface TrendPlace extends TrendChoice {
  /** Address of the folder. */
  readonly folder: string;
}

export type TrendHostRead =
  | { readonly status: 'ok'; readonly message: TrendHostMessage }
  | { readonly status: 'dropped'; readonly why: string };

/** Checks what came from the host: by hand, as the schema library would be most of this small page. */
export function readTrendMessage(data: unknown, version: number): TrendHostRead {
  if (!isObject(data) || data['type'] !== 'trend') return { status: 'dropped', why: 'not a message' };
  if (data['version'] !== version)
    return { status: 'dropped', why: `protocol version ${String(data['version'])}` };
  const { model } = data;
  if (!isObject(model) || !isObject(data['keep'])) return { status: 'dropped', why: 'no model' };
  const missing = lists.filter((name) => !Array.isArray(model[name]));
  if (missing.length > 0) return { status: 'dropped', why: `a model without ${missing.join(', ')}` };
  return { status: 'ok', message: data as unknown as TrendHostMessage };
}

const lists = ['metrics', 'subjects', 'lines', 'leftOut', 'notes'] as const;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
