import * as z from 'zod/mini';
import { experimentSchema } from './experimentSchema';
import { documentKind, documentVersion } from './json';

type Schema = Record<string, unknown>;

/** What each field is, for readers of the schema; docs/FILE-FORMAT.md says more. */
const descriptions: Readonly<Record<string, string>> = {
  format: 'The version of the experiment file that it comes from.',
  guestbench: 'The version of Guestbench that measured.',
  id: 'The identity of the experiment, for machines.',
  label: 'What people call it.',
  seed: 'The number from which the order of the trials follows.',
  startedAt: 'When it began, ISO 8601.',
  plan: 'What was planned: guests, benchmarks, trials in their order, statistics.',
  lab: "The lab file's hosts, guests and suites as they were. It holds no secrets.",
  notes: 'What a reader must know, in sentences.',
  imported: 'Present: Guestbench did not run it, so its blocks pair nothing.',
  copied: 'Present: it was exported and imported again, and is never gone on with.',
  facts: 'What each guest was found to be, at the start and later.',
  quiet: 'How quiet each guest was before a round.',
  reboots: 'The reboots of guests between rounds.',
  setAside: 'Benchmarks that could not be run on a guest.',
  settled: 'Benchmarks that needed no more rounds.',
  ended: 'How it ended; absent: it had not.',
  trials: 'Each attempt of each trial, in the order they were started.',
  'trials.trial': 'Its place in the plan. Trials of one benchmark with the same block are a pair.',
  'trials.attempt': 'From 1; a repeated trial has a record for each.',
  'trials.job': 'The name of the job on the guest.',
  'trials.startedAt': 'ISO 8601.',
  'trials.endedAt': 'ISO 8601; absent: it was running.',
  'trials.status': 'Only the measurements of a trial that is ok are ever compared.',
  'trials.reason': 'Why it failed, for people.',
  'trials.measurements': 'Its figures.',
  'trials.failed': 'Parts that failed of a trial that is ok otherwise.',
  'trials.exitCode': 'Of the benchmark.',
  'trials.signal': 'That ended the benchmark.',
  'trials.durationMs': 'How long the benchmark ran.',
  'trials.cpu': 'Shares of all CPU time of the guest, in percent.',
  'trials.load': 'What the guest did meanwhile.',
  'trials.hostLoad': 'What its Xen host did meanwhile; 100 percent is one physical CPU.',
  'trials.stdout': 'As far as it was kept.',
  'trials.stderr': 'As far as it was kept.',
  'trials.missingBytes': 'How much of the output was not kept.',
};

/** The JSON schema of what `toJson` writes (media/guestbench.experiment.schema.json), made from what reads it. */
export function experimentJsonSchema(): Schema {
  const generated = z.toJSONSchema(experimentSchema, { io: 'input', target: 'draft-7' }) as Schema;
  const properties = generated['properties'] as Record<string, Schema>;
  described(properties, '');
  const trial = properties['trials']?.['items'] as Schema;
  described(trial['properties'] as Record<string, Schema>, 'trials.');
  const version = { const: documentVersion, description: 'Of this kind of document.' };
  return {
    ...generated,
    title: 'Guestbench experiment',
    description: 'A plan and all that happened, as Guestbench exports it. Unknown fields are ignored.',
    properties: {
      export: {
        type: 'object',
        description: 'What this document is; absent in those of before.',
        properties: { kind: { const: documentKind }, version },
        required: ['kind', 'version'],
      },
      ...properties,
    },
  };
}

/** The committed file's text. */
export const experimentJsonSchemaText = (): string => `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`;

function described(properties: Record<string, Schema>, path: string): void {
  for (const [key, property] of Object.entries(properties)) {
    const description = descriptions[`${path}${key}`];
    if (description !== undefined) property['description'] = description;
  }
}
