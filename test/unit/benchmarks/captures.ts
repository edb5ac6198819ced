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

/** The output with what stands before it in a run of the catalogue. */
const framed = (identity: readonly string[], { output }: Capture): TrialOutput => ({
  ...output,
  stdout: [...identity.map((line) => `guestbench: ${line}\n`), output.stdout].join(''),
});
const named = (name: string): Capture => {
  const capture = captures.find((one) => one.name === name);
  if (capture === undefined) throw new Error(`no capture ${name}`);
  return capture;
};

/** The pass with so many copies, as if UnixBench had been called with these only. */
export function unixbenchPass(copies: 1 | 2): TrialOutput {
  const { output } = named('ok-full-v6-i1-c1-c2');
  const other = copies === 1 ? 2 : 1;
  const [header = '', ...passes] = (output.files.get('results/vm-2026-11-22-01') ?? '').split(/^-{72}\n/m);
  const report = [header, ...passes.filter((pass) => pass.includes(`running ${copies} parallel cop`))].join(
    `${'-'.repeat(72)}\n`,
  );
  const progress = output.stdout
    .slice(0, output.stdout.indexOf('='.repeat(72)))
    .split('\n')
    .filter((line) => !line.startsWith(`${other} x `));
  const identity = ['version=UnixBench 6.0.0', `copies=${copies}`, 'iterations=1', 'tests=all'];
  return {
    ...output,
    stdout: [...identity.map((line) => `guestbench: ${line}`), ...progress, report].join('\n'),
    files: new Map([['unixbench.txt', report]]),
  };
}

/** What a quick run of that benchmark left; the long ones are taken from runs of their tools by themselves. */
export function ownRun(id: string): TrialOutput {
  switch (id) {
    case 'kernel-build':
      return framed(['version=gcc 12.2.0'], named('ok-tinyconfig-j2'));
    case 'unixbench-single':
      return unixbenchPass(1);
    case 'unixbench-parallel':
      return unixbenchPass(2);
    default:
      return named(`ok-catalogue-${id}`).output;
  }
}
