import type { PreparationModel } from './preparationShape';

/** Host to page: the whole table, after `ready` and whenever it has changed. */
export interface PreparationHostMessage {
  readonly type: 'preparation';
  readonly version: number;
  readonly model: PreparationModel;
}

export type PreparationHostRead =
  | { readonly status: 'ok'; readonly message: PreparationHostMessage }
  | { readonly status: 'dropped'; readonly why: string };

/** Checks what came from the host: by hand, as the schema library would be most of this small page. */
export function readPreparationMessage(data: unknown, version: number): PreparationHostRead {
  if (!isObject(data) || data['type'] !== 'preparation') return { status: 'dropped', why: 'not a message' };
  if (data['version'] !== version)
    return { status: 'dropped', why: `protocol version ${String(data['version'])}` };
  const { model } = data;
  if (!isObject(model)) return { status: 'dropped', why: 'no model' };
  const missing = ['benchmarks', 'guests', 'cells'].filter((name) => !Array.isArray(model[name]));
  if (missing.length > 0) return { status: 'dropped', why: `a model without ${missing.join(', ')}` };
  return { status: 'ok', message: data as unknown as PreparationHostMessage };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
