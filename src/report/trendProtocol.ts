import * as z from 'zod/mini';
import { pictureMessageSchema } from './pictureMessage';
import type { TrendHostMessage, TrendPlace } from './trendMessage';
import type { TrendModel } from './trendShape';

/** What page and host agree on; a page of another version is told to reload. */
export const trendVersion = 1;

const text = z.string().check(z.maxLength(10_000));

const trendPageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.int() }),
  z.object({ type: z.literal('choose'), metric: z.optional(text), subject: z.optional(text) }),
  /** The report of the experiment behind a point. */
  z.object({ type: z.literal('open'), file: text }),
  z.object({ type: z.literal('chooseFolder') }),
  z.object({ type: z.literal('cancel') }),
  /** Goes on after a cancel. */
  z.object({ type: z.literal('read') }),
  pictureMessageSchema,
  /** Something the page could not do, for the log. */
  z.object({ type: z.literal('error'), message: text }),
]);
/** Page to host. */
export type TrendPageMessage = z.infer<typeof trendPageSchema>;

/** What a tab of a trend is brought back with. */
export const trendPlaceSchema = z.object({
  folder: text,
  metric: z.optional(text),
  subject: z.optional(text),
});

export type TrendPageRead =
  | { readonly status: 'ok'; readonly message: TrendPageMessage }
  | { readonly status: 'dropped'; readonly why: string };

/** Checks what came from the page; the host logs what is dropped. */
export function readTrendPage(data: unknown): TrendPageRead {
  const read = trendPageSchema.safeParse(data);
  if (read.success) return { status: 'ok', message: read.data };
  return { status: 'dropped', why: z.prettifyError(read.error) };
}

export function trendMessage(model: TrendModel, keep: TrendPlace): TrendHostMessage {
  return { type: 'trend', version: trendVersion, model, keep };
}
