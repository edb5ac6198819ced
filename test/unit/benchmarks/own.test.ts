import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Phase, TrialOutput } from '../../../src/benchmarks/benchmark';
import { catalogue } from '../../../src/benchmarks/catalogue';
import { parseCheck } from '../../../src/benchmarks/check';
import { labFindings } from '../../../src/benchmarks/labFindings';
import { benchmarksOf, ownBenchmarks } from '../../../src/benchmarks/own';
import { readingsOf } from '../../../src/benchmarks/parse/own';
import { parseLab } from '../../../src/lab/labFile';
import type { Lab } from '../../../src/model/lab';
import type { OwnBenchmark, Read } from '../../../src/model/ownBenchmark';
import { has, inPlainEnglish, needs } from '../../support/needs';

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'own');
const fixtureLab = labOf(readFileSync(join(fixtures, 'lab.json'), 'utf8'));

function labOf(text: string): Lab {
  const read = parseLab(text, 'lab.json', labFindings);
  const problems = read.problems ?? [];
  if (read.status === 'error' || problems.length > 0) {
    throw new Error(problems.map(({ message }) => message).join('\n'));
  }
  return read.lab;
}

const emptyLab: Lab = { hosts: [], guests: [], suites: {} };
const elapsedOnly = [{ id: 'time', unit: 's', better: 'lower', read: { elapsed: true } }] as const;

const definitionWith = (read: Read, changes: Partial<OwnBenchmark> = {}): OwnBenchmark => ({
  id: 'mine',
  command: 'true',
  metrics: [{ id: 'rate', unit: 'ops/s', better: 'higher', read }],
  ...changes,
});

const benchmarkOf = (definition: OwnBenchmark) => {
  const [benchmark] = ownBenchmarks({ ...emptyLab, benchmarks: [definition] });
  if (benchmark === undefined) throw new Error(`${definition.id} cannot be used`);
  return benchmark;
};

const output = (stdout: string, changes: Partial<TrialOutput> = {}): TrialOutput => ({
  stdout: `${stdout}\nguestbench: elapsed_seconds=1.25\n`,
  stderr: '',
  exitCode: 0,
  signal: null,
  cancelled: false,
  files: new Map(),
  ...changes,
});

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guest bench-'));
  for (const folder of ['work', 'files']) mkdirSync(join(root, folder));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const shells = [['/bin/sh'], ['busybox', 'sh'], ['bash', '--posix']]
  .filter(([command = '']) => has(command))
  .map((shell) => [shell.join(' '), shell] as const);

/** Runs a phase of a benchmark for real. */
function run(
  definition: OwnBenchmark,
  shell: readonly string[] = ['/bin/sh'],
  phase: Phase = 'run',
): TrialOutput {
  const [command = '', ...options] = shell;
  const script = join(root, 'script.sh');
  writeFileSync(script, benchmarkOf(definition).script(phase, {}));
  const files = join(root, 'files');
  const { status, stdout, stderr } = spawnSync(command, [...options, script], {
    env: {
      PATH: process.env['PATH'] ?? '',
      GB_WORK: join(root, 'work'),
      GB_FILES: files,
      LANG: 'de_DE.UTF-8',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  const found = readdirSync(files).map((name) => [name, readFileSync(join(files, name), 'utf8')] as const);
  return { stdout, stderr, exitCode: status, signal: null, cancelled: false, files: new Map(found) };
}

const timed = (command: OwnBenchmark['command'], changes: Partial<OwnBenchmark> = {}): OwnBenchmark => ({
  id: 'mine',
  command,
  metrics: [{ id: 'n', unit: 'n', better: 'higher', read: { regex: '^n=(.*)$' } }],
  ...changes,
});

describe('the benchmarks of a lab', () => {
  it('are those that come with the extension, then its own', () => {
    expect(benchmarksOf(emptyLab)).toEqual(catalogue);
    expect(benchmarksOf(fixtureLab).map(({ id }) => id)).toEqual([
      ...catalogue.map(({ id }) => id),
      'sha256',
      'small-reads',
      'unpack',
      'query',
    ]);
  });

  it('have titles, a description, one primary metric and times of their own', () => {
    const [sha, reads] = ownBenchmarks(fixtureLab);
    expect(sha).toMatchObject({
      title: 'SHA-256',
      kind: 'cpu',
      description: 'From the lab file: openssl speed -seconds 1 -bytes 16384 -evp sha256',
      metrics: [{ id: 'rate', title: 'Hashing', unit: 'MB/s', better: 'higher', primary: true }],
    });
    expect([sha?.estimateSeconds({}), sha?.timeoutSeconds({})]).toEqual([2, 600]);
    expect(reads?.metrics.map(({ id, title, primary }) => [id, title, primary])).toEqual([
      ['iops', 'iops', true],
      ['p99', '99th percentile', false],
      ['errors', 'errors', false],
    ]);
    expect([reads?.estimateSeconds({}), reads?.timeoutSeconds({})]).toEqual([60, 600]);
    const long = benchmarkOf({ ...timed('true'), estimateSeconds: 100, timeoutSeconds: 150 });
    expect(long.timeoutSeconds({})).toBe(150);
    const second = benchmarkOf({
      ...timed('true'),
      metrics: [
        { id: 'a', unit: 'n', better: 'none', read: { regex: 'a' } },
        { id: 'b', unit: 'n', better: 'lower', read: { regex: 'b' } },
        { id: 'c', unit: 'n', better: 'lower', primary: true, read: { regex: 'c' } },
      ],
    });
    expect(second.metrics.map(({ primary }) => primary)).toEqual([false, false, true]);
  });

  it('take no parameters, and say so', () => {
    const { parameters } = benchmarkOf(timed('true'));
    expect(parameters.safeParse({}).success).toBe(true);
    expect(parameters.safeParse({ seconds: 1 }).error?.issues[0]?.message).toBe(
      'a benchmark of the lab file has no parameters: its command says it all',
    );
  });
});

describe('golden outputs of a real run', () => {
  it.each(ownBenchmarks(fixtureLab).map((benchmark) => [benchmark.id, benchmark] as const))(
    '%s',
    (id, benchmark) => {
      const folder = join(fixtures, id);
      const files = readdirSync(folder).filter((name) => !['stdout.txt', 'expected.json'].includes(name));
      const parsed = benchmark.parse({
        ...output(''),
        stdout: readFileSync(join(folder, 'stdout.txt'), 'utf8'),
        files: new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
      });
      expect(parsed).toEqual({
        outcome: 'ok',
        metrics: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as unknown,
      });
    },
  );

  for (const definition of fixtureLab.benchmarks ?? []) {
    const tools = Object.fromEntries((definition.needs ?? []).map((tool) => [tool, has(tool)]));
    it(`${definition.id} runs for real and gives every figure`, needs(tools), () => {
      const parsed = benchmarkOf(definition).parse(run(definition));
      expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
      expect(parsed.metrics.map(({ id }) => id)).toEqual(definition.metrics.map(({ id }) => id));
    });
  }
});

describe.each(shells)('the run script under %s', (_, shell) => {
  it('is right, with every kind of text', () => {
    const odd = timed(["echo 'GUESTBENCH_TEXT", 'GUESTBENCH_TEXT\' "$HOME" `true`', '\\'], {
      prepare: ':',
      cleanup: "echo '",
    });
    for (const phase of ['check', 'install', 'run', 'cleanup'] as const) {
      const input = benchmarkOf(odd).script(phase, {});
      const [command = '', ...options] = shell;
      const { stderr } = spawnSync(command, [...options, '-n'], {
        input,
        encoding: 'utf8',
        env: inPlainEnglish(),
      });
      expect([phase, stderr]).toEqual([phase, '']);
    }
  });

  it.each<[string, OwnBenchmark['command'], Partial<TrialOutput>]>([
    [
      'quotes and several lines',
      ['x="it\'s"', 'echo "$x" `echo back`', "printf 'n=%s\\n' '5'"],
      { stdout: "it's back\nn=5\n" },
    ],
    ['an exit within', 'echo n=1; exit 0; echo n=2', { stdout: 'n=1\n' }],
    ['a failing exit within', 'echo n=1; exit 3', { exitCode: 3 }],
    ['set -e', ['set -e', 'echo n=1', 'false', 'echo n=2'], { exitCode: 1, stdout: 'n=1\n' }],
    ['a variable that is not set', 'echo "n=1$nowhere"', { stdout: 'n=1\n' }],
    [
      'a line that ends a here-document',
      "cat <<'END'\nGUESTBENCH_TEXT\nn=1\nEND",
      { stdout: 'GUESTBENCH_TEXT\nn=1\n' },
    ],
    ['lines with CRLF', 'echo a\r\necho n=1\r\n', { stdout: 'a\nn=1\n' }],
    ['no newline at the end', 'printf n=1', { stdout: 'n=1' }],
    [
      'a pipe and a list',
      'printf \'1\\n2\\n\' | while read -r i; do echo "n=$i"; done | tail -n 1',
      { stdout: 'n=2\n' },
    ],
    ['its own locale', 'echo "n=$LC_ALL"', { stdout: 'n=C\n' }],
    ['standard input', 'cat; echo n=1', { stdout: 'n=1\n' }],
    ['a syntax error', 'if', { exitCode: 2 }],
  ])('survives %s', (name, command, expected) => {
    const { stdout, exitCode, stderr } = run(timed(command), shell);
    expect([name, exitCode, stderr]).toEqual([
      name,
      expected.exitCode ?? 0,
      name === 'a syntax error' ? stderr : '',
    ]);
    const [whole, printed] = /^([^]*)\nguestbench: elapsed_seconds=\d+\.\d\d\n$/.exec(stdout) ?? [];
    expect(whole).toBeDefined();
    if (expected.stdout !== undefined) expect(printed).toBe(expected.stdout);
    expect(readdirSync(join(root, 'work/own-mine'))).toEqual(['work']);
  });

  it('prepares once, again when the text changes or it failed, and cleans up', () => {
    const log = join(root, 'log');
    const definition = timed('echo "n=$(cat made)"', {
      prepare: `echo once >>'${log}'; echo 7 >made; echo loud`,
      cleanup: `cp made '${root}/kept'`,
    });
    for (let trial = 0; trial < 3; trial++) {
      expect(benchmarkOf(definition).parse(run(definition, shell))).toMatchObject({
        outcome: 'ok',
        metrics: [{ value: 7 }],
      });
    }
    expect(readFileSync(log, 'utf8')).toBe('once\n');
    run({ ...definition, prepare: `echo other >>'${log}'; echo 8 >made` }, shell);
    expect(readFileSync(log, 'utf8')).toBe('once\nother\n');

    const failing = { ...definition, prepare: `echo failed >>'${log}'; exit 4` };
    const failed = benchmarkOf(failing).parse(run(failing, shell));
    expect(failed).toMatchObject({ outcome: 'failed', metrics: [] });
    expect(failed.reason).toContain(
      'exit code 4: stderr line 2: "guestbench: failed: prepare ended with status 4"',
    );
    run(failing, shell);
    expect(readFileSync(log, 'utf8')).toBe('once\nother\nfailed\nfailed\n');

    run(definition, shell, 'cleanup');
    expect(readFileSync(join(root, 'kept'), 'utf8')).toBe('8\n');
    expect(readdirSync(join(root, 'work'))).toEqual([]);
    expect(run(definition, shell, 'cleanup')).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('checks what the command needs', () => {
    const verdict = (needs: string[], packages?: string[]) =>
      parseCheck(run(timed('true', { needs, ...(packages ? { packages } : {}) }), shell, 'check').stdout);
    expect(verdict([])).toEqual({ state: 'ready', version: 'as in the lab file' });
    expect(verdict(['sh', 'cat'])).toMatchObject({ state: 'ready' });
    expect(verdict(['cat', 'no-such-tool'], ['tools', 'more-tools'])).toMatchObject({
      state: 'missing',
      command: 'no-such-tool',
      package: 'tools more-tools',
    });
    expect(verdict(['no-such-tool'])).toMatchObject({
      state: 'problem',
      reason: 'there is no command no-such-tool on this guest, and the lab file names no packages for it',
    });
  });
});

describe('reading a figure', () => {
  const reasonOf = (read: Read, stdout: string, changes: Partial<TrialOutput> = {}): string => {
    const parsed = benchmarkOf(definitionWith(read)).parse(output(stdout, changes));
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    return parsed.reason ?? '';
  };
  const valueOf = (read: Read, stdout: string, changes: Partial<TrialOutput> = {}) => {
    const parsed = benchmarkOf(definitionWith(read)).parse(output(stdout, changes));
    expect([parsed.outcome, parsed.reason]).toEqual(['ok', undefined]);
    return parsed.metrics[0];
  };
  const file = (text: string) => ({ files: new Map([['out.txt', text]]) });

  it.each<[Read, string, number]>([
    [{ regex: 'rate: ([\\d.]+)' }, 'noise\nrate: 12.5 ops\n', 12.5],
    [{ regex: 'rate: ([\\d.]+)' }, 'noise\r\nrate: 12.5', 12.5],
    [{ regex: '\\d+' }, 'one 7 two', 7],
    [{ regex: '(\\d+)/(\\d+)', group: 2 }, '1/8', 8],
    [{ regex: '(\\d+)/(\\d+)', group: 0, take: 'first' }, '', Number.NaN],
    [{ regex: '(?<a>\\d+) (?<b>\\d+)', group: 'b' }, '3 4', 4],
    [{ regex: 'r=(\\S+)', take: 'first' }, 'r=1\nr=2\nr=6', 1],
    [{ regex: 'r=(\\S+)', take: 'last' }, 'r=1 r=2\nr=6', 6],
    [{ regex: 'r=(\\S+)', take: 'mean' }, 'r=1\nr=2 r=6', 3],
    [{ regex: 'r=(\\S+)' }, 'r=+1.5e3', 1500],
    [{ jsonPointer: '/a/1/b~1c~0' }, '{"a":[0,{"b/c~":42}]}\n', 42],
    [{ jsonPointer: '' }, '5.5', 5.5],
    [{ jsonPointer: '/a' }, '{"a":"17.5"}', 17.5],
    [{ csvColumn: 'b' }, 'starting\na,b\n1,2\n', 2],
    [{ csvColumn: 'b x', separator: ';' }, '"a";"b x"\r\n"1;1";"2.5"\r\n', 2.5],
    [{ csvColumn: 2 }, '1,2\n', 2],
    [{ csvColumn: 2, row: 'last', separator: '\t' }, '1\t2\n3\t4\n', 4],
    [{ csvColumn: 'b', row: 'first' }, 'a,b\n"x ""y"", z",2\n3,4\n', 2],
    [{ csvColumn: 'b', row: 'mean' }, 'a,b\n"two\nlines",2\n3,4\n', 3],
    [{ elapsed: true }, 'anything', 1.25],
  ])('%j in %j', (read, stdout, value) => {
    if (Number.isNaN(value)) expect(reasonOf(read, stdout)).toContain('found none');
    else expect(valueOf(read, stdout)).toMatchObject({ id: 'rate', unit: 'ops/s', better: 'higher', value });
  });

  it('keeps the figures that a mean is of, and multiplies by the factor', () => {
    const metrics: OwnBenchmark['metrics'] = [
      { id: 'rate', unit: 's', better: 'lower', factor: 0.5, read: { regex: 'r=(\\S+)', take: 'mean' } },
    ];
    const parsed = benchmarkOf(definitionWith({ elapsed: true }, { metrics })).parse(output('r=2\nr=6'));
    expect(parsed.metrics).toEqual([{ id: 'rate', unit: 's', better: 'lower', value: 2, samples: [1, 3] }]);
  });

  it('reads from a file, and says which files there are', () => {
    expect(valueOf({ regex: 'r=(.*)', file: 'out.txt' }, 'r=1', file('r=2'))?.value).toBe(2);
    expect(reasonOf({ regex: 'r=(.*)', file: 'out.json' }, 'r=1', file('r=2'))).toBe(
      'metric rate: expected the command to write the file "out.json" into $GB_FILES; it wrote "out.txt"',
    );
    expect(reasonOf({ jsonPointer: '/a', file: 'out.txt' }, '')).toContain('it wrote none');
  });

  it.each<[Read, string, string]>([
    [
      { regex: 'r=(.*)' },
      'a\nlast one\n',
      'metric rate: expected a line of standard output that matches /r=(.*)/, found none; its last line: "last one"',
    ],
    [{ regex: 'r=(.*)' }, '', 'found none: standard output is empty'],
    [
      { regex: 'r=(\\d)' },
      'r=1\nr=2\nr=3',
      'metric rate: /r=(\\d)/ matches line 1 "r=1" and line 2 "r=2", 3 times in all; expected one match: make it more exact, or add "take": "first", "last" or "mean"',
    ],
    [{ regex: 'r=(\\d)' }, 'r=1 r=2', 'matches line 1 "r=1 r=2" and that line again'],
    [
      { regex: 'r=(.*)' },
      'x\nr=1,234.5',
      'metric rate: line 2 of standard output: expected a number such as 1234.5, found "1,234.5"',
    ],
    [{ regex: 'r=(.*)' }, 'r=nan', 'found "nan"'],
    [{ regex: 'r=(.*)' }, 'r=Infinity', 'found "Infinity"'],
    [{ regex: 'r=(.*)' }, 'r=0x10', 'found "0x10"'],
    [{ regex: 'r=(.*)' }, 'r=1e999', 'found "1e999"'],
    [{ regex: 'r=(.*)' }, 'r=', 'found ""'],
    [{ regex: 'r=(.*)' }, 'r=12.5 MB/s', 'found "12.5 MB/s"'],
    [{ regex: 'r=(.*)' }, 'r=\u001b[31m5', 'found "\ufffd[31m5"'],
    [{ regex: 'r=(.*)' }, 'r=0', 'line 1 of standard output: found 0; what is compared must be above nought'],
    [{ regex: 'r=(.*)' }, 'r=-3', 'found -3; what is compared must be above nought'],
    [{ regex: 'a|r=(.*)' }, 'a', 'group 1 of /a|r=(.*)/ took no part in the match; found "a"'],
    [{ jsonPointer: '/a/b' }, 'oops', 'expected JSON and nothing else in standard output'],
    [{ jsonPointer: '/a/b' }, '', 'it is empty'],
    [
      { jsonPointer: '/a/c' },
      '{"a":{"b":1,"d":2}}',
      'metric rate: "/a/c" leads nowhere in standard output: "/a" has no "c"; it has "b", "d"',
    ],
    [
      { jsonPointer: '/a/2' },
      '{"a":[1]}',
      '"/a" is a list of 1, so it has no "2"; its places are counted from 0',
    ],
    [{ jsonPointer: '/a/b' }, '{"a":5}', '"/a" is "5", so it has no "b"'],
    [{ jsonPointer: '/a' }, '{"a":null}', '"/a" in standard output: expected a number, found null'],
    [{ jsonPointer: '/a' }, '{"a":[1,2]}', 'expected a number, found a list of 2: "[1,2]"'],
    [{ jsonPointer: '/a' }, '{"a":"fast"}', 'expected a number such as 1234.5, found "fast"'],
    [{ jsonPointer: '/__proto__' }, '{}', 'has no "__proto__"; it has nothing'],
    [
      { csvColumn: 'c' },
      'a,b\n1,2',
      'expected a column named "c" (separator ",") in standard output; line 1 has "a", "b"',
    ],
    [{ csvColumn: 'c' }, '', 'standard output is empty'],
    [{ csvColumn: 'a' }, 'a,b', 'expected a row of figures in standard output, found none'],
    [
      { csvColumn: 'a' },
      'a,b\n1,2\n3,4',
      'has 2 rows of figures (lines 2, 3); expected one: add "row": "first", "last" or "mean"',
    ],
    [{ csvColumn: 'b' }, 'a,b\n1', 'line 2 of standard output, column "b": the row has only 1 columns: "1"'],
    [
      { csvColumn: 'b' },
      'a,b\n1,"x',
      'line 2 of standard output: a double quote opens a field and does not close it',
    ],
    [{ csvColumn: 'b' }, 'a,b\n1,fast', 'column "b": expected a number such as 1234.5, found "fast"'],
    [{ csvColumn: 'b' }, 'b,b\n1,2', 'has two columns named "b"'],
  ])('%j in %j is refused with its reason', (read, stdout, reason) => {
    expect(reasonOf(read, stdout)).toContain(reason);
  });

  it('refuses an output whose middle was left out where that matters', () => {
    const cut = 'r=1\n[output left out here]\nr=2';
    expect(reasonOf({ regex: 'r=(2)' }, cut)).toContain('its middle was left out');
    expect(valueOf({ regex: 'r=(\\d)', take: 'last' }, cut)?.value).toBe(2);
    expect(reasonOf({ csvColumn: 1, row: 'mean' }, '1\n[output left out here]\n3')).toContain('left out');
  });

  it('refuses an output without its end, and times that the clock cannot show', () => {
    expect(reasonOf({ regex: '(.*)' }, '', { stdout: '12' })).toContain('standard output is cut short');
    expect(reasonOf({ elapsed: true }, '', { stdout: '12\nguestbench: elapsed_seconds=1.2' })).toContain(
      'cut short',
    );
    expect(reasonOf({ elapsed: true }, '', { stdout: '\nguestbench: elapsed_seconds=0.00\n' })).toContain(
      'the command took less than a hundredth of a second',
    );
  });

  it('judges the end first', () => {
    const benchmark = benchmarkOf(definitionWith({ regex: 'r=(.*)' }));
    expect(benchmark.parse(output('r=5', { cancelled: true }))).toEqual({
      outcome: 'cancelled',
      metrics: [],
    });
    const failed = benchmark.parse(output('r=5', { exitCode: 3, stderr: 'cannot do it\n' }));
    expect(failed).toEqual({
      outcome: 'failed',
      metrics: [],
      reason: 'exit code 3: stderr line 1: "cannot do it"',
    });
    expect(benchmark.parse(output('r=5', { exitCode: null, signal: 'SIGKILL' })).reason).toContain('SIGKILL');
    expect(benchmark.parse(output('r=5', { exitCode: 127 })).reason).toContain('exit code 127');
  });

  it('takes nought where nothing is compared', () => {
    const metrics: OwnBenchmark['metrics'] = [
      ...elapsedOnly,
      { id: 'errors', unit: 'errors', better: 'none', read: { regex: 'errors=(.*)' } },
    ];
    const parsed = benchmarkOf(definitionWith({ elapsed: true }, { metrics })).parse(output('errors=0'));
    expect(parsed.metrics.map(({ value }) => value)).toEqual([1.25, 0]);
  });

  it('says where each figure was read', () => {
    const places = (read: Read, stdout: string) => {
      const [reading] = readingsOf(definitionWith(read), output(stdout));
      return reading?.status === 'read' ? reading.places : reading?.reason;
    };
    expect(places({ regex: 'r=(\\d+)' }, 'a\nthe r=12 x')).toEqual([
      { kind: 'line', input: 'standard output', line: 2, text: 'the r=12 x', start: 6, end: 8 },
    ]);
    expect(places({ jsonPointer: '/a' }, '{"a":1.50}')).toEqual([
      { kind: 'json', input: 'standard output', pointer: '/a', json: '1.5' },
    ]);
    expect(places({ csvColumn: 'b' }, 'a,b\n1, 2 ')).toEqual([
      { kind: 'csv', input: 'standard output', line: 2, column: '"b"', text: ' 2 ' },
    ]);
    expect(places({ elapsed: true }, '')).toEqual([{ kind: 'elapsed', text: '1.25' }]);
  });

  it('refuses an expression that would take for ever', () => {
    // By trying one way after the other this takes 2 to the power of 50 000.
    const stdout = `b${'a'.repeat(50_000)}!`;
    expect(reasonOf({ regex: '(a+)+b' }, stdout)).toContain('found none');
    const heavy = `(?:${'a?b?c?d?'.repeat(10)}x){20}y`;
    expect(reasonOf({ regex: heavy }, `xy${'abcd'.repeat(100_000)}`)).toContain(
      'is too large for the 400002 characters of standard output',
    );
  });
});

describe('damaged outputs', () => {
  const definitions: readonly OwnBenchmark[] = [
    definitionWith({ regex: 'r=([\\d.]+) ' }),
    definitionWith({ regex: 'r=(\\S*)', take: 'mean' }),
    definitionWith({ regex: '(a|aa)*r', take: 'last', group: 0 }),
    definitionWith({ jsonPointer: '/a/0/b' }),
    definitionWith({ csvColumn: 'b', row: 'last' }),
    definitionWith({ csvColumn: 2, row: 'mean' }),
    definitionWith({ jsonPointer: '/a', file: 'out.txt' }),
    definitionWith({ elapsed: true }),
  ];
  const benchmarks = definitions.map(benchmarkOf);
  const good = ['x\nr=12.5 ops\n', '{"a":[{"b":17.25}]}', 'a,b\n1,2.5\n3,"4.5"\n'];
  const numRuns = Number(process.env['GUESTBENCH_PROPERTY_RUNS'] ?? 2000);

  const fine = (parsed: ReturnType<(typeof benchmarks)[number]['parse']>) => {
    if (parsed.outcome === 'ok') {
      for (const { value } of parsed.metrics) expect(Number.isFinite(value) && value > 0).toBe(true);
    } else {
      expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
      expect(parsed.reason).toMatch(/\S{3}/);
    }
  };

  it('never throw, never give what is no figure', () => {
    const piece = fc.oneof(
      fc.constantFrom(...good, 'r=', 'r=5 ', ',', '"', '\r\n', '\n', '{', '}', '1e999', '-0', 'NaN', '\0'),
      fc.string({ unit: 'binary', maxLength: 30 }),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.boolean(), (damaged, isWhole) => {
        const files = new Map([['out.txt', damaged]]);
        for (const benchmark of benchmarks) {
          fine(
            benchmark.parse(isWhole ? output(damaged, { files }) : output('', { stdout: damaged, files })),
          );
        }
      }),
      { numRuns, seed: 20_130_101 },
    );
  });

  it('give no figure when cut anywhere, and the same when lines are shuffled in before them', () => {
    for (const text of good) {
      const { stdout } = output(text);
      for (let length = 0; length < stdout.length; length++) {
        for (const benchmark of benchmarks) {
          expect(benchmark.parse(output('', { stdout: stdout.slice(0, length) })).outcome).toBe('failed');
        }
      }
    }
    const values = benchmarks.map((benchmark) =>
      benchmark.parse(output(good[0]!)).metrics.map(({ value }) => value),
    );
    const noisy = benchmarks.map((benchmark) =>
      benchmark.parse(output(`warning: locale\r\n${good[0]!}`)).metrics.map(({ value }) => value),
    );
    expect(values[0]).toEqual([12.5]);
    expect(noisy.slice(0, 2)).toEqual(values.slice(0, 2));
  });
});

it('the fixtures hold an output for each benchmark', () => {
  for (const { id } of ownBenchmarks(fixtureLab))
    expect(existsSync(join(fixtures, id, 'stdout.txt'))).toBe(true);
});
