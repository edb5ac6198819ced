import type { PackedModel } from './packedModel';

/** Of the head of a model these have all they show. They are as many as the first screen can hold. */
export const headWorkloads = 2;

/** Host to page: the whole model, after `ready` and whenever it has changed; `unpackModel` makes it whole again. */
export interface HostMessage extends PackedModel {
  readonly type: 'model';
  readonly version: number;
  /** What is seen first; the whole model follows. */
  readonly part?: 'head';
  readonly several?: SeveralFiles;
}

/** The files of a report over several of them, in the order they were chosen. */
export interface SeveralFiles {
  readonly files: readonly ReportFile[];
}

export interface ReportFile {
  /** For the page to keep: the report is opened again from it. */
  readonly address: string;
  readonly name: string;
  /** Why it is not shown, and what to do. The files without one are the model's experiments, in this order. */
  readonly problem?: string;
}

/** Host to page: draw this SVG as a PNG. Answered by `raster` or `rasterFailed` with the same number. */
export interface RasterRequest {
  readonly type: 'rasterise';
  readonly request: number;
  readonly svg: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** The request in what came from the host; undefined: it is another message. */
export function readRasterRequest(data: unknown): RasterRequest | undefined {
  if (!isObject(data) || data['type'] !== 'rasterise') return undefined;
  const { request, svg, width, height } = data;
  const areNumbers = [request, width, height].every((value) => typeof value === 'number');
  return areNumbers && typeof svg === 'string' ? (data as unknown as RasterRequest) : undefined;
}

export type HostMessageRead =
  | { readonly status: 'ok'; readonly message: HostMessage }
  | { readonly status: 'dropped'; readonly why: string };

/**
 * Checks what came from the host. By hand and not by a schema: the model is made by our own typed code in
 * the same version, it can hold 100 000 samples, and the schema library would be a fifth of the page. So
 * this looks at everything the page relies on to draw at all; what it draws is text, whatever it holds.
 */
export function readHostMessage(data: unknown, version: number): HostMessageRead {
  if (!isObject(data) || typeof data['type'] !== 'string') return { status: 'dropped', why: 'not a message' };
  if (data['type'] !== 'model')
    return { status: 'dropped', why: `unknown type ${data['type'].slice(0, 50)}` };
  if (data['version'] !== version)
    return { status: 'dropped', why: `protocol version ${String(data['version'])}` };
  const { model } = data;
  if (!isObject(model)) return { status: 'dropped', why: 'no model' };
  const { several } = data;
  if (several !== undefined && !(isObject(several) && Array.isArray(several['files'])))
    return { status: 'dropped', why: 'a list of files that is none' };
  const missing: string[] = [
    ...lists.filter((name) => !Array.isArray(model[name])),
    ...objects.filter((name) => !isObject(model[name])),
    ...texts.filter((name) => typeof model[name] !== 'string'),
  ];
  if (!isObject(data['lists']) || !isObject(data['lengths'])) missing.push('its lists');
  if (missing.length > 0) return { status: 'dropped', why: `a model without ${missing.join(', ')}` };
  return { status: 'ok', message: data as unknown as HostMessage };
}

const lists = [
  'experiments',
  'guests',
  'pairs',
  'metrics',
  'trials',
  'failures',
  'setAside',
  'facts',
  'notes',
  'limits',
] as const;
const objects = ['status', 'statistics'] as const;
const texts = ['title', 'headline'] as const;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
