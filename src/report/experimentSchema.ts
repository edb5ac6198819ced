import * as z from 'zod/mini';
import {
  cpuUseSchema,
  endedSchema,
  importedSchema,
  measurementSchema,
  planSchema,
  quietRecordSchema,
  setAsideSchema,
  settledSchema,
  trialSchema,
  type Experiment,
  type FactsRecord,
  type RebootRecord,
  type TrialRecord,
} from '../model/experiment';
import { factsSchema } from '../model/guest';
import { labSchema } from '../model/lab';
import { hostLoadSchema, loadSchema } from '../model/load';

/** The schema of a whole experiment, as exports hold it and importers check it. */

/** Every field of T has a schema: a field that T gains is missing here, and the compiler says so. */
type ShapeOf<T> = Readonly<Record<keyof T, z.ZodMiniType>>;

const time = z.iso.datetime({ offset: true });
const listOf = <T extends z.ZodMiniType>(item: T) => z.readonly(z.array(item));

const factsRecordSchema = z.object({
  guest: z.string(),
  when: z.enum(['start', 'resume', 'reboot', 'end']),
  at: time,
  facts: factsSchema,
} satisfies ShapeOf<FactsRecord>);

const rebootRecordSchema = z.object({
  guest: z.string(),
  round: z.int(),
  startedAt: time,
  endedAt: z.optional(time),
  state: z.enum(['begun', 'done', 'failed']),
  bootIdBefore: z.optional(z.string()),
  bootIdAfter: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  reason: z.optional(z.string()),
} satisfies ShapeOf<RebootRecord>);

const trialRecordSchema = z.object({
  trial: trialSchema,
  attempt: z.int(),
  job: z.optional(z.string()),
  startedAt: time,
  endedAt: z.optional(time),
  status: z.enum(['running', 'ok', 'failed', 'cancelled', 'lost']),
  reason: z.optional(z.string()),
  measurements: listOf(measurementSchema),
  failed: z.optional(listOf(z.object({ test: z.string(), error: z.string() }))),
  exitCode: z.optional(z.nullable(z.int())),
  signal: z.optional(z.nullable(z.string())),
  durationMs: z.optional(z.number()),
  cpu: z.optional(cpuUseSchema),
  load: z.optional(loadSchema),
  hostLoad: z.optional(hostLoadSchema),
  stdout: z.string(),
  stderr: z.string(),
  missingBytes: z.int(),
} satisfies ShapeOf<TrialRecord>);

/** Everything but the trials. */
const experimentHeadShape = {
  format: z.int(),
  guestbench: z.string(),
  id: z.string(),
  label: z.string(),
  seed: z.int(),
  startedAt: time,
  plan: planSchema,
  lab: labSchema,
  notes: listOf(z.string()),
  imported: z.optional(importedSchema),
  copied: z.optional(z.literal(true)),
  facts: listOf(factsRecordSchema),
  quiet: z.optional(listOf(quietRecordSchema)),
  reboots: z.optional(listOf(rebootRecordSchema)),
  setAside: listOf(setAsideSchema),
  settled: z.optional(listOf(settledSchema)),
  ended: z.optional(endedSchema),
} satisfies ShapeOf<Omit<Experiment, 'trials'>>;

export const experimentSchema = z.object({
  ...experimentHeadShape,
  trials: listOf(trialRecordSchema),
});

export type ExperimentCheck =
  | { readonly status: 'ok'; readonly experiment: Experiment }
  | {
      readonly status: 'error';
      readonly path: readonly (string | number)[];
      /** As the end of a sentence that begins with the path. */
      readonly what: string;
    };

/** Whether `value` is an experiment, as it can come from JSON. Unknown fields are left out. */
export function checkExperiment(value: unknown): ExperimentCheck {
  const read = experimentSchema.safeParse(value);
  // What JSON gives has no fields that are present and undefined.
  if (read.success) return { status: 'ok', experiment: read.data as Experiment };
  const [issue] = read.error.issues;
  const path = (issue?.path ?? []).map((key) => (typeof key === 'number' ? key : String(key)));
  return { status: 'error', path, what: issueText(issue) };
}

function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === 'invalid_type') return `is missing or no ${issue.expected}`;
  if (issue?.code === 'invalid_value') return `is none of ${issue.values.map(String).join(', ')}`;
  return 'is not what it should be';
}
