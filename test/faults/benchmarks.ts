import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Benchmark } from '../../src/benchmarks/benchmark';
import { defineBenchmark } from '../../src/benchmarks/define';
import { parameterObject } from '../../src/benchmarks/parameters';

interface Kind {
  readonly id: string;
  /** POSIX sh; its output is the same each time. */
  readonly body: string;
}

const kinds: readonly Kind[] = [
  { id: 'quick', body: 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.1; done' },
  {
    id: 'chatty',
    body: 'i=0; while [ $i -lt 1500 ]; do i=$((i + 1)); echo "$i größer $((i * 7919))"; [ $((i % 50)) -gt 0 ] || { echo "e$i" >&2; sleep 0.02; }; done',
  },
  { id: 'binary', body: 'seq 1 40000 | gzip -n; sleep 0.4; seq 1 9 | gzip -n' },
  { id: 'large', body: 'seq 1 150000; sleep 0.3; seq 150001 300000' },
];

/** What a benchmark writes to each stream before the line with its value, which is different each time. */
export interface KnownOutput {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** By benchmark; made by the same programs, outside of any experiment. */
export function knownOutputs(): ReadonlyMap<string, KnownOutput> {
  return new Map(
    kinds.map(({ id, body }) => {
      const run = (redirection: string): Buffer =>
        execFileSync('/bin/sh', ['-c', `{ ${body}; } ${redirection}`], { maxBuffer: 2 ** 26 });
      return [id, { stdout: run('2>/dev/null'), stderr: run('2>&1 >/dev/null') }];
    }),
  );
}

/** What the experiment file shows of bytes that a guest wrote. */
export function asText(bytes: Buffer): string {
  const decoder = new StringDecoder('utf8');
  return decoder.write(bytes) + decoder.end();
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Short benchmarks, some of them chatty, binary or large. Each start and each whole run is noted in the file named by
 * GB_TRUTH on the guest, out of reach of everything that tidies up; a run that could not write its output is none.
 * So is each that began while another one still ran there.
 */
export const benchmarks: readonly Benchmark[] = kinds.map(({ id, body }) =>
  defineBenchmark({
    id,
    title: id,
    description: id,
    kind: 'cpu',
    metrics: [{ id: `${id}.value`, title: 'Value', unit: '1', better: 'higher', primary: true }],
    parameters: parameterObject({}),
    presets: { quick: {}, standard: {}, thorough: {} },
    estimateSeconds: () => 1,
    timeoutSeconds: () => 600,
    scripts: {
      check: () => 'exit 0\n',
      install: () => 'exit 0\n',
      cleanup: () => 'exit 0\n',
      run: () =>
        [
          'set -e',
          "v=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')",
          'echo "start $GB_RUN $v" >>"$GB_TRUTH"',
          // Held by all its processes until the last of them ends.
          'exec 8>>"$GB_TRUTH.lock"',
          'flock -n 8 || echo "overlap $GB_RUN $v" >>"$GB_TRUTH"',
          body,
          "printf '\\nvalue %s\\n' $v",
          'echo "finish $GB_RUN $v" >>"$GB_TRUTH"',
          '',
        ].join('\n'),
    },
    parse: ({ stdout, exitCode, cancelled }) => {
      if (cancelled) return { outcome: 'cancelled', metrics: [] };
      const figure = /^value (\d+)\n$/m.exec(stdout.slice(-40))?.[1];
      if (exitCode !== 0 || figure === undefined)
        return { outcome: 'failed', metrics: [], reason: `exit code ${exitCode}` };
      return {
        outcome: 'ok',
        metrics: [{ id: `${id}.value`, value: Number(figure), unit: '1', better: 'higher' }],
      };
    },
  }),
);
