import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark } from '../../src/benchmarks/benchmark';
import type { Trial } from '../../src/model/experiment';
import { connect } from '../../src/ssh/connection';
import { amountText, TrialText } from '../../src/ui/trialText';
import { hostKeysOf, person } from '../ssh/people';
import { startSshServer, type SshServer } from '../ssh/sshServer';
import { bareExperiment, scriptBenchmark } from './bareExperiment';
import { apart, type Placement } from './cores';
import { mean, median, medianInterval } from './figures';
import { watchMemory, type Growth } from './memory';

const memoryLimit = 100 * 1000 * 1000;
const experimentName = 'e.guestbench';
/** Of /proc/stat. */
const ticksPerSecond = 100;

export interface Printing {
  readonly name: string;
  /** A command that prints. */
  readonly print: string;
  /** What may be lost by printing to us rather than to a file. */
  readonly limitPercent: number;
  /** Of two pairs each. */
  readonly rounds: number;
}

/** What a command took, in seconds. */
interface Spent {
  readonly wall: number;
  /** CPU time of the command and all its children. */
  readonly cpu: number;
  /** CPU time that all others had of the guest's processor meanwhile, by the kernel's ticks; NaN: not known. */
  readonly others: number;
}

interface Measured {
  readonly placement: Placement;
  readonly printed: readonly Spent[];
  readonly filed: readonly Spent[];
  readonly grown: Growth;
  readonly skippedBytes: number;
}

/**
 * What printing very much costs the benchmark that prints, against the same command with its output to a file on the
 * guest, and the memory it takes here. In pairs: to us, to a file, to a file, to us, and so on.
 */
export async function measurePrinting(printing: Printing): Promise<string> {
  const server = await startSshServer();
  try {
    const { placement, printed, filed, grown, skippedBytes } = await measure(server, printing);
    const compared = (what: 'wall' | 'cpu'): string => {
      const ratios = printed.map((spent, pair) => spent[what] / (filed[pair]?.[what] ?? NaN));
      const [low, high] = medianInterval(ratios);
      const quick = fastest(printed.map((spent) => spent[what])) / fastest(filed.map((spent) => spent[what]));
      return `${more(median(ratios))} (95 %: ${more(low)} to ${more(high)}), the fastest quarters ${more(quick)}`;
    };
    const others = (all: readonly Spent[]): string =>
      `${((100 * mean(all.map((spent) => spent.others))) / mean(all.map(({ wall }) => wall))).toFixed(2)} %`;
    const each = median(filed.map(({ wall }) => wall));
    return [
      `${printing.name}: printed against to a file there (${each.toFixed(2)} s), ${printed.length} pairs:`,
      `elapsed ${compared('wall')}; CPU time of the command ${compared('cpu')} (must be < ${printing.limitPercent} %);`,
      `others had ${others(printed)} of the guest's processor meanwhile, and ${others(filed)};`,
      `memory ${amountText(grown.rss)} above idle at most, of it heap ${amountText(grown.heap)} and`,
      `buffers ${amountText(grown.external)} (must be < ${amountText(memoryLimit)});`,
      `${amountText(skippedBytes)} skipped in the live view; ${placement.text}`,
    ].join(' ');
  } finally {
    await server.stop();
  }
}

const more = (ratio: number): string => `${ratio < 1 ? '' : '+'}${((ratio - 1) * 100).toFixed(1)} %`;

/** What other machines on this one's host do can only make it slower: the mean of the quarter that had least of it. */
function fastest(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return mean(sorted.slice(0, Math.ceil(sorted.length / 4)));
}

async function measure(server: SshServer, { print, rounds }: Printing): Promise<Measured> {
  const placement = apart(server.pid);
  const folder = mkdtempSync(join(tmpdir(), 'gb-printing-'));
  const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
  const connection = await connect(server.target(), { prompter: person(), hostKeys });
  const printed: Spent[] = [];
  const filed: Spent[] = [];
  const toUs = timed(`{ ${print}; }`);
  // Each time a file that was not there before.
  const toFile = `${timed(`{ ${print}; } >"$GB_WORK/file"`)}rm "$GB_WORK/file"\n`;
  const benchmarks = [
    keeping('printed-1', toUs, printed, placement),
    keeping('filed-1', toFile, filed, placement),
    keeping('filed-2', toFile, filed, placement),
    keeping('printed-2', toUs, printed, placement),
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
      file: join(folder, experimentName),
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
        onTrialEnd: (trial) => {
          shown += textOf(trial).rest().length;
          texts.delete(trial.id);
          // The disk is the guest's as well.
          removeOutputs(folder);
        },
      },
    }).run();
  } finally {
    connection.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (shown === 0) throw new Error('Nothing was shown.');
  return { placement, printed, filed, grown: memory.stop(), skippedBytes };
}

function removeOutputs(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(experimentName) && name.endsWith('.txt')) rmSync(join(folder, name));
  }
}

/** A script that says what the command took, by the guest's clock, its shell's `times` and its kernel's. */
function timed(command: string): string {
  const spent = '"$GB_FILES/spent"';
  return [
    // What was written before is on its way to the disk.
    'sync',
    `grep '^cpu[0-9]' /proc/stat >"$GB_FILES/before"`,
    `times >${spent}; t0=$(date +%s%N)`,
    command,
    `t1=$(date +%s%N); times >>${spent}`,
    `grep '^cpu[0-9]' /proc/stat >"$GB_FILES/after"`,
    `echo "$((t1 - t0))" >>${spent}`,
    '',
  ].join('\n');
}

function keeping(id: string, script: string, spent: Spent[], { guests }: Placement): Benchmark {
  const benchmark = scriptBenchmark(id, script);
  return {
    ...benchmark,
    parse: (output) => {
      const file = (name: string): string => output.files.get(name) ?? '';
      const { wall, cpu } = ownOf(file('spent'));
      const busy = busySeconds(file('after'), guests) - busySeconds(file('before'), guests);
      spent.push({ wall, cpu, others: busy - cpu });
      return benchmark.parse(output);
    },
  };
}

/** Two lines of `times` before, two after (`0m1.5s 0m0.1s`: user and system time), and nanoseconds. */
function ownOf(text: string): { wall: number; cpu: number } {
  const lines = text.trimEnd().split('\n');
  const [shell0 = NaN, children0 = NaN, shell1 = NaN, children1 = NaN] = lines.slice(0, 4).map(timesOf);
  return { wall: Number(lines[4]) / 1e9, cpu: shell1 + children1 - shell0 - children0 };
}

const timesOf = (line: string): number =>
  [...line.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );

/** User, nice, system, irq and softirq of a processor, in seconds. */
function busySeconds(stat: string, processor: number | undefined): number {
  const line = stat.split('\n').find((each) => each.startsWith(`cpu${processor} `));
  const [user = NaN, nice = NaN, system = NaN, , , irq = NaN, softirq = NaN] =
    line?.split(' ').slice(1).map(Number) ?? [];
  return (user + nice + system + irq + softirq) / ticksPerSecond;
}
