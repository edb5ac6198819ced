import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from '../../src/benchmarks/benchmark';
import type { Trial } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import { amountText, TrialText } from '../../src/ui/trialText';
import { hostKeysOf, person } from '../ssh/people';
import { startSshServer, type SshServer } from '../ssh/sshServer';
import { bareExperiment, scriptBenchmark } from './bareExperiment';
import { median } from './figures';

const memoryLimit = 100 * 1000 * 1000;

interface Flood {
  readonly name: string;
  readonly print: string;
  /** What may be lost by printing to us rather than to a file. */
  readonly limitPercent: number;
  readonly rounds: number;
}

const floods: readonly Flood[] = [
  {
    name: '500 MB',
    // Lines of 100 characters.
    print: `yes "$(printf '%0100d' 7)" | head -c 500000000 | tee /dev/null | cat -v`,
    limitPercent: 2,
    rounds: 6,
  },
  {
    name: 'a million single lines',
    print: 'i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); echo "line $i of a benchmark"; done',
    limitPercent: 5,
    rounds: 6,
  },
];

/** What printing very much costs the benchmark that prints, and the memory it takes here. */
export async function* bench(): AsyncGenerator<string> {
  for (const flood of floods) {
    const server = await startSshServer();
    try {
      const { ratio, spread, grownBytes, skippedBytes } = await measure(server, flood);
      yield [
        `${flood.name}: printed ${((ratio - 1) * 100).toFixed(1)} % slower than to a file there`,
        `(${spread.map((each) => ((each - 1) * 100).toFixed(1)).join(' ')}; must be < ${flood.limitPercent} %);`,
        `memory ${amountText(grownBytes)} above idle at most (must be < ${amountText(memoryLimit)});`,
        `${amountText(skippedBytes)} skipped in the live view`,
      ].join(' ');
    } finally {
      await server.stop();
    }
  }
}

async function measure(
  server: SshServer,
  { print, rounds }: Flood,
): Promise<{ ratio: number; spread: readonly number[]; grownBytes: number; skippedBytes: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'gb-flood-'));
  const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
  const connection = await connect(server.target(), { prompter: person(), hostKeys });
  // The same command, each time on a file that was not there before.
  const timed = (what: string): string => `t0=$(date +%s%N)\n${what}\nt1=$(date +%s%N)\n`;
  const told = 'echo "$(((t1 - t0) / 1000))" >"$GB_FILES/microseconds"\n';
  const lengths = { printed: [] as number[], filed: [] as number[] };
  const benchmarks = [
    keepingTime('printed', timed(`{ ${print}; }`) + told, lengths.printed),
    keepingTime(
      'filed',
      timed(`{ ${print}; } >"$GB_WORK/file"`) + `${told}rm "$GB_WORK/file"\n`,
      lengths.filed,
    ),
  ];
  let skippedBytes = 0;
  let shown = 0;
  const texts = new Map<string, TrialText>();
  const textOf = ({ id }: Trial): TrialText => {
    const text = texts.get(id) ?? new TrialText({ skippedLine: (bytes) => `${bytes} skipped` });
    texts.set(id, text);
    return text;
  };
  const memory = watchMemory();
  try {
    await bareExperiment({
      file: join(folder, 'e.guestbench'),
      guests: ['a'],
      benchmarks,
      rounds,
      connect: () => Promise.resolve(connection),
      listener: {
        onOutput: (trial, stream, chunk) => (shown += textOf(trial).add(stream, chunk).length),
        onSkipped: (trial, stream, bytes) => {
          skippedBytes += bytes;
          textOf(trial).skip(stream, bytes);
        },
        onTrialEnd: (trial) => (shown += textOf(trial).rest().length),
      },
    }).run();
  } finally {
    connection.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (shown === 0) throw new Error('Nothing was shown.');
  const spread = lengths.printed.map((length, round) => length / (lengths.filed[round] ?? NaN));
  return { ratio: median(spread), spread, grownBytes: memory.stop(), skippedBytes };
}

/** A benchmark that says how long its command took, by the guest's clock. */
function keepingTime(id: string, script: string, lengths: number[]): Benchmark {
  const benchmark = scriptBenchmark(id, script);
  return {
    ...benchmark,
    parse: (output) => {
      lengths.push(Number(output.files.get('microseconds')));
      return benchmark.parse(output);
    },
  };
}

/** How far the memory of this process rises above what it is now. */
function watchMemory(): { stop(): number } {
  const idle = process.memoryUsage().rss;
  let most = idle;
  const look = (): void => {
    most = Math.max(most, process.memoryUsage().rss);
  };
  const timer = setInterval(look, 20);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return most - idle;
    },
  };
}
