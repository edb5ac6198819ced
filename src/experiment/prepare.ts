import { peerText } from '../model/plainText';
import { archiveScript, namesToAsk, parseArchive, withArchive } from '../benchmarks/archive';
import type { Benchmark } from '../benchmarks/benchmark';
import { parseCheck, type CheckResult } from '../benchmarks/check';
import { parseSystem, systemScript, type GuestSystem } from '../benchmarks/installPlan';
import type { BenchmarkRef } from '../model/experiment';
import type { Parameters } from '../model/lab';
import { UserError } from '../model/userError';
import { quoteWord } from '../ssh/quote';
import type { Connection } from '../ssh/transport';

/** What scripts outside a job see: the same folders and locale that a trial has. */
const prelude = [
  'LC_ALL=C LANG=C; export LC_ALL LANG',
  'GB_WORK=${GUESTBENCH_PREFIX:-/var/tmp/guestbench}-$(id -u)/work GB_FILES=$GB_WORK; export GB_WORK GB_FILES',
  '',
].join('\n');

const marker = (id: string): string => `=== guestbench check ${id} ===`;

/** A benchmark with its parameters, under the id and title it has in the plan. */
export interface PlannedBenchmark {
  readonly benchmark: Benchmark;
  readonly parameters: Parameters;
}

/**
 * The benchmarks of a plan with their parameters completed.
 * @throws UserError when a benchmark is unknown or a parameter is not valid.
 */
export function resolveBenchmarks(
  refs: readonly BenchmarkRef[],
  catalogue: readonly Benchmark[],
): readonly PlannedBenchmark[] {
  return refs.map((ref) => {
    const wanted = ref.benchmark ?? ref.id;
    const found = catalogue.find((candidate) => candidate.id === wanted);
    if (!found) {
      const known = catalogue.map((candidate) => candidate.id).join(', ');
      throw new UserError(`There is no benchmark "${wanted}". Known benchmarks: ${known}.`);
    }
    const benchmark = { ...found, id: ref.id, title: ref.title ?? found.title };
    const parameters = benchmark.parameters.safeParse(ref.parameters ?? {});
    if (!parameters.success) {
      const issue = parameters.error.issues[0];
      const where = issue?.path.join('.') ?? '';
      throw new UserError(`${benchmark.title}: parameter ${where}: ${issue?.message ?? 'is not valid'}.`);
    }
    return { benchmark, parameters: parameters.data };
  });
}

/** Asks a guest, in one round trip, whether each benchmark can run there. */
export async function checkGuest(
  connection: Connection,
  benchmarks: readonly PlannedBenchmark[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, CheckResult>> {
  const script = benchmarks
    .map(
      ({ benchmark, parameters }) =>
        `printf '\\n%s\\n' ${quoteWord(marker(benchmark.id))}\n(\n${benchmark.script('check', parameters)}\n) </dev/null 2>&1\n`,
    )
    .join('');
  const result = await connection.exec('exec /bin/sh -s', {
    stdin: prelude + script,
    timeoutMs: 120_000,
    ...(signal ? { signal } : {}),
  });
  const text = result.stdout.toString('utf8').replaceAll('\r\n', '\n');
  return new Map(
    benchmarks.map(({ benchmark }) => {
      const start = text.indexOf(`\n${marker(benchmark.id)}\n`);
      if (start < 0) {
        const said = peerText(result.stderr.toString('utf8').trim());
        return [
          benchmark.id,
          {
            state: 'problem',
            kind: 'other',
            reason: `the check did not run${said ? `: ${said}` : ''}`,
          } satisfies CheckResult,
        ] as const;
      }
      const body = text.slice(start + marker(benchmark.id).length + 2);
      const end = body.indexOf('\n=== guestbench check ');
      return [benchmark.id, parseCheck(end < 0 ? body : body.slice(0, end))] as const;
    }),
  );
}

/** Package managers that fetch their lists first are slow; none of them is waited for longer than this. */
const surveyTimeoutMs = 180_000;

/** What a guest is ready for, and what it has to install the rest with if something is missing. */
export interface GuestSurvey {
  readonly checks: ReadonlyMap<string, CheckResult>;
  readonly system: GuestSystem | undefined;
}

/**
 * Checks the benchmarks on a guest. Only if a package is missing is it asked how packages are installed there, and
 * which of their names its archives have.
 */
export async function surveyGuest(
  connection: Connection,
  benchmarks: readonly PlannedBenchmark[],
  signal?: AbortSignal,
): Promise<GuestSurvey> {
  const checks = await checkGuest(connection, benchmarks, signal);
  if (![...checks.values()].some(({ state }) => state === 'missing')) return { checks, system: undefined };
  const { stdout } = await connection.exec('exec /bin/sh -s', {
    stdin: `${prelude}${systemScript}(\n${archiveScript(namesToAsk(checks.values()))}\n) </dev/null\n`,
    timeoutMs: surveyTimeoutMs,
    ...(signal ? { signal } : {}),
  });
  const text = stdout.toString('utf8');
  const [system, archive] = [parseSystem(text), parseArchive(text)];
  const resolved = [...checks].map(
    ([id, check]) =>
      [id, check.state === 'missing' ? withArchive(check, archive, system.manager) : check] as const,
  );
  return { checks: new Map(resolved), system };
}

/** Removes what the benchmarks left on a guest between trials. */
export async function cleanUpBenchmarks(
  connection: Connection,
  benchmarks: readonly PlannedBenchmark[],
): Promise<void> {
  const script = benchmarks
    .map(({ benchmark, parameters }) => `(\n${benchmark.script('cleanup', parameters)}\n) </dev/null >&2\n`)
    .join('');
  await connection.exec('exec /bin/sh -s', { stdin: prelude + script, timeoutMs: 120_000 });
}
