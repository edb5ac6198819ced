import * as z from 'zod/mini';
import type { PreparationHostMessage } from './preparationMessage';
import type { PreparationModel } from './preparationShape';

/** What page and host agree on; a page of another version is told to reload. */
export const preparationVersion = 1;

const preparationPageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), version: z.int() }),
  z.object({ type: z.literal('install') }),
  z.object({ type: z.literal('check') }),
  /** Of one guest, by its place in the model; absent: of all. */
  z.object({ type: z.literal('copy'), guest: z.optional(z.int().check(z.minimum(0))) }),
  z.object({ type: z.literal('goOn'), without: z.enum(['guests', 'benchmarks']) }),
  z.object({ type: z.literal('cancel') }),
  /** Something the page could not do, for the log. */
  z.object({ type: z.literal('error'), message: z.string().check(z.maxLength(10_000)) }),
]);
/** Page to host. */
export type PreparationPageMessage = z.infer<typeof preparationPageSchema>;

export type PreparationPageRead =
  | { readonly status: 'ok'; readonly message: PreparationPageMessage }
  | { readonly status: 'dropped'; readonly why: string };

/** Checks what came from the page; the host logs what is dropped. */
export function readPreparationPage(data: unknown): PreparationPageRead {
  const read = preparationPageSchema.safeParse(data);
  if (read.success) return { status: 'ok', message: read.data };
  return { status: 'dropped', why: z.prettifyError(read.error) };
}

export function preparationMessage(model: PreparationModel): PreparationHostMessage {
  return { type: 'preparation', version: preparationVersion, model };
}
