import * as z from 'zod/mini';
import type { HostMessage, SeveralFiles } from './hostMessage';
import { packModel, type PackedLists } from './packedModel';
import { pictureMessageSchema, pngSchema } from './pictureMessage';
import type { ReportModel } from './shape';

/** What page and host agree on; a page of another version is told to reload. */
export const protocolVersion = 1;

const text = z.string().check(z.maxLength(1000));
const place = z.int().check(z.minimum(0));

const pageMessageSchema = z.discriminatedUnion('type', [
  /** The page listens; the host answers with the model, or the head of a large one. */
  z.object({ type: z.literal('ready'), version: z.int() }),
  /** The page has drawn the head; the host answers with the whole model. */
  z.object({ type: z.literal('rest') }),
  /** `by`: what the two are; absent: guests. An empty one is chosen by the host. */
  z.object({
    type: z.literal('choose'),
    baseline: text,
    candidate: text,
    by: z.optional(z.enum(['guest', 'mode'])),
  }),
  /** What is followed through several experiments. */
  z.object({ type: z.literal('follow'), by: z.enum(['guest', 'mode']), baseline: text, candidate: text }),
  /** A trial's raw output, at the line of a metric's figure; `experiment` is its place in the model. */
  z.object({
    type: z.literal('openOutput'),
    trial: text,
    experiment: place,
    metric: z.optional(text),
  }),
  /** The experiment file as text; `file`: its place among several. */
  z.object({ type: z.literal('openText'), file: z.optional(place) }),
  /** The report of one of several files. */
  z.object({ type: z.literal('openReport'), file: place }),
  z.object({ type: z.literal('copyMarkdown') }),
  /** A chart of the chosen baseline as a file: of a metric (its key), else the overview. */
  z.object({ type: z.literal('saveChart'), candidate: z.optional(text), metric: z.optional(text) }),
  pictureMessageSchema,
  /** A picture that the host asked for, in base64. */
  z.object({
    type: z.literal('raster'),
    request: place,
    png: pngSchema,
  }),
  z.object({ type: z.literal('rasterFailed'), request: place, message: text }),
  /** Something the page could not do, for the log. */
  z.object({ type: z.literal('error'), message: z.string().check(z.maxLength(10_000)) }),
]);
/** Page to host. */
export type PageMessage = z.infer<typeof pageMessageSchema>;

export type PageMessageRead =
  | { readonly status: 'ok'; readonly message: PageMessage }
  | { readonly status: 'dropped'; readonly why: string };

/** Checks what came from the page; the host logs what is dropped. */
export function readPageMessage(data: unknown): PageMessageRead {
  const read = pageMessageSchema.safeParse(data);
  if (read.success) return { status: 'ok', message: read.data };
  return { status: 'dropped', why: z.prettifyError(read.error) };
}

/**
 * The messages of this host, with the version the page checks.
 * @param known the lists that the page has had with the models before.
 */
export function modelMessage(
  model: ReportModel,
  several?: SeveralFiles,
  known?: Partial<PackedLists>,
): HostMessage {
  return {
    type: 'model',
    version: protocolVersion,
    ...packModel(model, known),
    ...(several === undefined ? {} : { several }),
  };
}

/** What a blank page is sent first of a large model: see `headModel`. The whole follows. */
export function headMessage(head: ReportModel): HostMessage {
  return { ...modelMessage(head), part: 'head' };
}
