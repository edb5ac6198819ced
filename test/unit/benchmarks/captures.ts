import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import * as z from 'zod/mini';
import { tools, type Tool, type TrialOutput } from '../../../src/benchmarks/parsers';

const root = join(import.meta.dirname, '..', '..', 'fixtures', 'outputs');

const expectedSchema = z.object({
  outcome: z.enum(['ok', 'failed', 'cancelled', 'mixed']),
  metrics: z.array(
    z.object({
      id: z.string(),
      value: z.number(),
      unit: z.string(),
      better: z.string(),
      samples: z.optional(z.array(z.number())),
    }),
  ),
  rel_tolerance: z.number(),
  reason: z.optional(z.string()),
});
const metaSchema = z.object({
  exit_code: z.nullable(z.number()),
  signal: z.nullable(z.string()),
  killed: z.optional(z.unknown()),
});

export interface Capture {
  readonly tool: Tool;
  readonly name: string;
  readonly expected: z.infer<typeof expectedSchema>;
  readonly output: TrialOutput;
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesUnder(path) : [path]));
}

function read(tool: Tool, name: string): Capture {
  const folder = join(root, tool, name);
  const expected = expectedSchema.parse(JSON.parse(readFileSync(`${folder}.expected.json`, 'utf8')));
  const own = new Map(
    filesUnder(folder).map((path) => [
      relative(folder, path).split(sep).join('/'),
      readFileSync(path, 'utf8'),
    ]),
  );
  const meta = own.get('meta.json');
  // The captures of phoronix-test-suite have no meta.json: it always exits with 0.
  const { exit_code, signal, killed } =
    meta === undefined ? { exit_code: 0, signal: null, killed: null } : metaSchema.parse(JSON.parse(meta));
  const stream = (file: string) => own.get(file) ?? '';
  const output = {
    stdout: stream('stdout.txt'),
    stderr: stream('stderr.txt'),
    exitCode: exit_code,
    signal,
    cancelled: killed !== null && killed !== undefined,
    files: new Map([...own].filter(([file]) => !['stdout.txt', 'stderr.txt', 'meta.json'].includes(file))),
  };
  return { tool, name, expected, output };
}

/** Real outputs of every tool, with what is expected of them. */
export const captures: readonly Capture[] = tools.flatMap((tool) =>
  readdirSync(join(root, tool))
    .filter((name) => statSync(join(root, tool, name)).isDirectory())
    .map((name) => read(tool, name)),
);
