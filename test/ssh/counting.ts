import type { Benchmark } from '../../src/benchmarks/benchmark';
import { defineBenchmark } from '../../src/benchmarks/define';
import { parameterObject, wholeNumber } from '../../src/benchmarks/parameters';

/** A benchmark that is one script; the figure is in the line `count N`, without which it failed. */
export function counting(
  id: string,
  run: (parameters: { readonly tenths: number }) => string,
  cleanup = 'exit 0\n',
): Benchmark {
  const metric = { id: `${id}.n`, unit: '1', better: 'higher' } as const;
  return defineBenchmark({
    id,
    title: id,
    description: 'Counts.',
    kind: 'cpu',
    metrics: [{ ...metric, title: 'Count', primary: true }],
    parameters: parameterObject({ tenths: wholeNumber(1, 1000, 3) }),
    presets: { quick: {}, standard: {}, thorough: {} },
    estimateSeconds: () => 1,
    timeoutSeconds: () => 60,
    scripts: { check: () => 'exit 0\n', install: () => 'exit 0\n', cleanup: () => cleanup, run },
    parse: ({ stdout, exitCode, cancelled }) => {
      if (cancelled) return { outcome: 'cancelled', metrics: [] };
      const figure = /^count (\d+)$/m.exec(stdout)?.[1];
      return exitCode !== 0 || figure === undefined
        ? { outcome: 'failed', metrics: [], reason: `exit code ${exitCode}` }
        : { outcome: 'ok', metrics: [{ ...metric, value: Number(figure) }] };
    },
  });
}

/** Prints numbered lines for so many tenths of a second; the last one is its figure. Notes each of its starts in a file. */
export const counter = (log: string): Benchmark =>
  counting('counter', ({ tenths }) =>
    [
      `echo "$GB_RUN" >>'${log}'`,
      'n=0',
      `while [ $n -lt ${tenths} ]; do n=$((n + 1)); echo "line $n"; sleep 0.1; done`,
      'echo "count $n"',
    ].join('\n'),
  );
