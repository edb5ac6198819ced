import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controllerScript } from '../../src/ssh/controller';
import { FrameReader } from '../../src/ssh/frames';
import { parseLoad } from '../../src/ssh/loadSamples';

const tools = [
  'cat',
  'chmod',
  'cut',
  'date',
  'env',
  'grep',
  'head',
  'id',
  'ln',
  'ls',
  'mkdir',
  'mkfifo',
  'mv',
  'readlink',
  'rm',
  'setsid',
  'sleep',
  'sort',
  'tail',
  'tr',
  'wc',
];
// No Linux distribution has mksh as its /bin/sh; there `follow` hangs once in some hundred calls.
const candidates = [
  { name: 'dash', command: ['dash'] },
  { name: 'bash', command: ['bash', '--posix'] },
  { name: 'busybox ash', command: ['busybox', 'ash'] },
  { name: 'ksh93', command: ['ksh93'] },
];
const installed = candidates.filter(({ command }) => {
  try {
    execFileSync(command[0] ?? '', [...command.slice(1), '-c', 'exit 0'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** The controller run by one shell, on this machine, in a folder of its own. */
class Controller {
  readonly folder = mkdtempSync(join(tmpdir(), 'gb-ctl-'));
  readonly prefix = join(this.folder, 'guestbench');
  readonly base = `${this.prefix}-${process.getuid?.()}`;
  private file = join(this.folder, 'controller.sh');
  private readonly env: NodeJS.ProcessEnv;

  constructor(private readonly command: readonly string[]) {
    writeFileSync(this.file, controllerScript);
    // "sh" is the shell under test too, and with busybox every tool is its own.
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    const wrap = (name: string, text: string): void => {
      writeFileSync(join(bin, name), `#!/bin/sh\nexec ${text} "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    };
    wrap('sh', command.join(' '));
    if (command[0] === 'busybox') for (const tool of tools) wrap(tool, `busybox ${tool}`);
    this.env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, GUESTBENCH_PREFIX: this.prefix };
  }

  /** While `body` runs, the controller takes this for the guest's uptime: a machine that has just started has none. */
  async withUptime(seconds: number, body: () => Promise<void>): Promise<void> {
    const uptime = join(this.folder, 'uptime');
    writeFileSync(uptime, `${seconds}.25 ${seconds}.00\n`);
    const real = this.file;
    this.file = join(this.folder, 'controller-uptime.sh');
    writeFileSync(this.file, controllerScript.replaceAll('/proc/uptime', uptime));
    await body().finally(() => (this.file = real));
  }

  start(...words: string[]): ChildProcess {
    const [shell = '', ...options] = this.command;
    return spawn(shell, [...options, this.file, ...words], {
      env: this.env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  run(words: readonly string[], stdin = ''): Promise<{ out: string; code: number | null }> {
    const child = this.start(...words);
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
    return new Promise((resolve) =>
      child.on('close', (code) => resolve({ out: Buffer.concat(chunks).toString('latin1'), code })),
    );
  }

  async say(...words: string[]): Promise<string> {
    return (await this.run(words)).out.trim();
  }

  /** As `say`; `who` and `label` go through standard input, as every word that others are not to see. */
  sayAs([who, label]: readonly [string, string], ...words: string[]): Promise<string> {
    return this.run(words, `${who} ${label}\n`).then(({ out }) => out.trim());
  }

  put(id: string, script: string): Promise<{ out: string; code: number | null }> {
    return this.run(['put', id, String(Buffer.byteLength(script))], script);
  }

  async follow(
    id: string,
    out = 0,
    err = 0,
  ): Promise<{ out: string; err: string; end: ReadonlyMap<string, string> }> {
    const seen = { out: '', err: '', end: new Map<string, string>() as ReadonlyMap<string, string> };
    const reader = new FrameReader((frame) => {
      if (frame.kind === 'end') seen.end = frame.fields;
      else if ('chunk' in frame) seen[frame.kind] += frame.chunk.toString('latin1');
    });
    const result = await this.run(['follow', id, String(out), String(err), '1000']);
    reader.add(Buffer.from(result.out, 'latin1'));
    return seen;
  }

  /** Arguments of live processes of this controller. */
  processes(pattern: string): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const text = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
          return text.includes(pattern) && !text.includes('vitest') ? [text] : [];
        } catch {
          return [];
        }
      });
  }
}

const state = (answer: string): string => /state=(\S+)/.exec(answer)?.[1] ?? answer;

describe.each(installed)('the controller under $name', ({ name, command }) => {
  let controller: Controller;
  // Numbers in sleeps tell the shells' processes apart.
  const mark = `${candidates.findIndex((each) => each.name === name) + 11}`;
  beforeAll(() => {
    controller = new Controller(command);
  });
  afterAll(() => rmSync(controller.folder, { recursive: true, force: true }));

  test('keeps every byte, the exit code and files', async () => {
    const script =
      'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "line $i"; done; echo e1 >&2; printf "no newline"; echo r > "$GB_FILES/r.json"; exit 7\n';
    expect((await controller.put('r1', script)).out).toBe(`GB1 put=${script.length}\n`);
    await controller.say('start', 'r1');
    const { out, err, end } = await controller.follow('r1');
    const expected = Array.from({ length: 3000 }, (_, i) => `line ${i + 1}\n`).join('') + 'no newline';
    expect(out).toBe(expected);
    expect(err).toBe('e1\n');
    expect(Object.fromEntries(end)).toMatchObject({
      state: 'done',
      rc: '7',
      out: String(expected.length),
      err: '3',
      cancelled: '0',
    });
    expect((await controller.follow('r1', 20_000, 2)).out).toBe(expected.slice(20_000));
    expect(await controller.say('fetch', 'r1', '0', 'file', 'r.json')).toBe('GB1 data 2\nr');
    expect(await controller.say('fetch', 'r1', String(expected.length - 4), 'out')).toBe('GB1 data 4\nline');
    expect(await controller.say('fetch', 'r1', '9000000', 'out')).toBe('GB1 data 0');
    const load = readFileSync(join(controller.base, 'runs/r1/load'), 'utf8');
    expect(await controller.say('fetch', 'r1', '0', 'load')).toBe(`GB1 data ${load.length}\n${load.trim()}`);
    // A finished job is followed to its end every time, however the parts of the follower race.
    for (let n = 0; n < 15; n += 1)
      expect((await controller.follow('r1', expected.length, 3)).end.get('rc')).toBe('7');
  });

  test('refuses what is no name, no number, no whole script', async () => {
    expect(await controller.say('put', '../x', '1')).toBe('GB1 error=badid');
    expect(await controller.say('start', 'x;y')).toBe('GB1 error=badid');
    expect(await controller.say('follow', 'r1', '1;id', '0', '2')).toBe('GB1 error=badoffset');
    expect(await controller.say('fetch', 'r1', '0', 'file', '../exit')).toBe('GB1 error=badname');
    expect(await controller.say('start', 'never-put')).toBe('GB1 error=nocmd');
    expect((await controller.run(['put', 'short', '100'], 'echo cut')).out).toBe('GB1 error=cut\n');
    expect((await controller.put('r1', 'true\n')).out).toBe('GB1 put=0\n');
    expect((await controller.run(['nonsense'])).code).toBe(2);
    await controller.say('rm', 'short');
  });

  test('runs one job once and one job at a time, whoever asks', async () => {
    const hits = join(controller.folder, 'hits');
    await controller.put('o', `echo hit >> ${hits}\n`);
    const starts = await Promise.all(Array.from({ length: 6 }, () => controller.say('start', 'o')));
    expect(starts.filter((answer) => answer.includes('fresh=1'))).toHaveLength(1);
    await controller.follow('o');
    expect(readFileSync(hits, 'utf8')).toBe('hit\n');

    // A lock left behind by the dead is in the way of nobody.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    symlinkSync(`ghost:1:999999999:${boot}`, join(controller.base, 'lock'));
    const ids = Array.from({ length: 5 }, (_, n) => `m${n}`);
    for (const id of ids) await controller.put(id, `exec sleep ${mark}3.5\n`);
    const states = await Promise.all(ids.map(async (id) => state(await controller.say('start', id))));
    expect(states.filter((each) => each === 'running')).toHaveLength(1);
    expect(states.filter((each) => each === 'busy')).toHaveLength(4);
    const running = ids[states.indexOf('running')] ?? '';
    expect(await controller.say('rm', running)).toBe(`GB1 error=running id=${running}`);
    expect(await controller.say('clean')).toBe(`GB1 error=running id=${running}`);
    // Plain TERM is enough: the job does not inherit the runner's deafness.
    const ended = await controller.say('cancel', running, '20');
    expect(ended).toMatch(/state=done left=0 rc=143 .*cancelled=1/);
    expect(await controller.say('list')).toMatch(/GB1 lock=$/);
  });

  // env: where sleep is a builtin, its process would not have that name.
  test('cancels a whole tree that does not want to end', async () => {
    await controller.put(
      'c',
      `trap "" TERM; env sleep ${mark}4.5 & sh -c 'trap : TERM; while :; do env sleep ${mark}5.5; done' & setsid sleep ${mark}6.5 & echo up; wait; wait; env sleep ${mark}7.5\n`,
    );
    await controller.say('start', 'c');
    await until(() => [4, 5, 6].every((n) => controller.processes(`sleep ${mark}${n}.5`).length > 0));
    expect(await controller.say('cancel', 'c', '1')).toMatch(/state=done left=0 rc=137 .*cancelled=1/);
    for (const n of [4, 5, 6, 7]) expect(controller.processes(`sleep ${mark}${n}.5`)).toEqual([]);
  });

  test('a killed runner leaves an orphan that keeps the guest until it is cancelled', async () => {
    await controller.put('k', `exec sleep ${mark}8.5\n`);
    await controller.say('start', 'k');
    const follower = controller.follow('k');
    const runner = Number(readFileSync(join(controller.base, 'runs/k/owner'), 'utf8').split(':')[1]);
    expect(runner).toBeGreaterThan(1);
    process.kill(runner, 'SIGKILL');
    await until(() => !existsSync(`/proc/${runner}`));
    expect(state(await controller.say('status', 'k'))).toBe('orphan');
    await controller.put('k2', 'true\n');
    expect(await controller.say('start', 'k2')).toMatch(/state=busy .*by=k:/);
    expect(await controller.say('cancel', 'k', '5')).toMatch(/left=0/);
    expect(state(await controller.say('status', 'k'))).toBe('lost');
    await controller.put('k3', 'echo free\n');
    await controller.say('start', 'k3');
    expect((await controller.follow('k3')).out).toBe('free\n');
    for (const process_ of followersOf(controller)) process.kill(process_, 'SIGTERM');
    await follower.catch(() => undefined);
  });

  test('reads the counters while a job runs, outside its session, and no longer than its runner lives', async () => {
    await controller.put('l', `exec sleep ${mark}2.5\n`);
    await controller.say('start', 'l');
    const file = join(controller.base, 'runs/l/load');
    const linesOf = () => readFileSync(file, 'utf8').trim().split('\n');
    await until(() => linesOf().length >= 3);
    for (const line of linesOf())
      expect(line).toMatch(/^\d+\.\d+ \d+ \d+ \d+ (-|p\d+|v\d+:\d+:\d+) cpu( +\d+){8}/);
    // The runner and the sampler, a part of it; neither holds what the follower waits for.
    await until(() => controller.processes('runner l').length === 2);
    expect(await controller.say('cancel', 'l', '5')).toMatch(/left=0/);
    await until(() => controller.processes('runner l').length === 0);
    const atEnd = linesOf().length;
    expect(parseLoad(readFileSync(file, 'utf8')).length).toBeGreaterThanOrEqual(2);
    expect(linesOf()).toHaveLength(atEnd);

    await controller.put('l2', `exec sleep ${mark}1.5\n`);
    await controller.say('start', 'l2');
    await until(() => controller.processes('runner l2').length === 2);
    const runner = Number(readFileSync(join(controller.base, 'runs/l2/owner'), 'utf8').split(':')[1]);
    process.kill(runner, 'SIGKILL');
    await until(() => controller.processes('runner l2').length === 0);
    expect(await controller.say('cancel', 'l2', '5')).toMatch(/left=0/);
  });

  test('a follower ends with its standard input, and takes everything with it', async () => {
    await controller.put('f', `echo here; exec sleep ${mark}9.5\n`);
    await controller.say('start', 'f');
    const child = controller.start('follow', 'f', '0', '0', `${mark}000`, 'hold');
    await new Promise<void>((resolve) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('here')) resolve();
      });
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.stdin?.end();
    expect(await closed).toBe(5);
    await until(
      () =>
        controller.processes('follow f').length === 0 &&
        controller.processes(`sleep ${mark}000`).length === 0,
    );
    expect(state(await controller.say('status', 'f'))).toBe('running');
    await controller.say('cancel', 'f', '5');
  });

  test('keeps a guest for one experiment from its first job to its last', async () => {
    const ann = ['YW5u', 'bmlnaHRseQ'] as const;
    const bob = ['Ym9i', ''] as const;
    const put = (id: string, script = 'true\n') => controller.put(id, script);
    const held = /^GB1 held=1 lease=ann1 who=YW5u label=bmlnaHRseQ since=\d+ quiet=\d+ job=$/;
    expect(await controller.say('lease')).toBe('GB1 held=0');
    expect(await controller.sayAs(ann, 'hold', 'ann1', '600')).toBe('GB1 held=1');
    expect(await controller.say('lease')).toMatch(held);
    expect(await controller.sayAs(bob, 'hold', 'bob1', '600')).toMatch(
      /^GB1 held=0 lease=ann1 who=YW5u .*job=$/,
    );
    // Neither another experiment's job starts, nor one without any; what holds it starts.
    for (const [id = '', ...lease] of [['bob1.t', 'bob1', '600'], ['loose']]) {
      await put(id);
      expect(await controller.sayAs(bob, 'start', id, ...lease)).toMatch(
        /^GB1 state=busy fresh=0 by=ann1 lease=ann1/,
      );
      expect(existsSync(join(controller.base, 'runs', id, 'started'))).toBe(false);
    }
    await put('ann1.t', `exec sleep ${mark}3.7\n`);
    expect(await controller.sayAs(ann, 'start', 'ann1.t', 'ann1', '600')).toMatch(/state=running fresh=1/);
    // However long nothing was heard: while its job runs it has the guest.
    expect(await controller.sayAs(bob, 'hold', 'bob1', '0')).toMatch(/held=0 .*job=ann1\.t$/);
    expect(await controller.say('clean')).toMatch(/error=running/);
    // Taken over all the same, and the job runs on: to end it is another word.
    expect(await controller.sayAs(bob, 'hold', 'bob1', '600', 'over')).toBe('GB1 held=1');
    expect(await controller.sayAs(bob, 'start', 'bob1.t', 'bob1', '600')).toMatch(/state=busy .*by=ann1\.t/);
    expect(await controller.say('cancel', 'ann1.t', '5')).toMatch(/left=0/);
    expect(await controller.say('lease')).toMatch(/held=1 lease=bob1 .*job=$/);
    expect(await controller.say('clean')).toMatch(/^GB1 error=leased lease=bob1/);
    // Given back by its owner only.
    await controller.say('release', 'ann1');
    expect(await controller.say('lease')).toMatch(/lease=bob1/);
    await controller.say('release', 'bob1');
    expect(await controller.say('lease')).toBe('GB1 held=0');
    expect(leaseFiles(controller.base)).toEqual([]);
    expect(await controller.sayAs(ann, 'hold', 'x y', '600')).toBe('GB1 error=badlease');
    expect(await controller.sayAs(ann, 'hold', 'x'.repeat(65), '600')).toBe('GB1 error=badlease');
    expect(await controller.sayAs(['a', 'b c'], 'hold', 'x', '600')).toBe('GB1 error=badlease');
    expect(await controller.sayAs(['a', '../b'], 'hold', 'x', '600')).toBe('GB1 error=badlease');
    for (const [stdin, ...words] of [
      ['YW5u bmln', 'hold', 'x', '600'],
      ['', 'start', 'ann1.t', 'x', '600'],
    ] as const)
      expect((await controller.run(words, stdin)).out).toBe('GB1 error=cut\n');
    for (const id of ['ann1.t', 'bob1.t', 'loose']) await controller.say('rm', id);
  });

  test('gives a lease without a sign of life to one of those who want it', async () => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    await controller.withUptime(90_000, async () => {
      symlinkSync(`old:YQ:YQ:${boot}:85000`, join(controller.base, 'lease'));
      writeFileSync(join(controller.base, 'lease.seen'), `${boot}:89300\n`);
      expect(await controller.say('lease')).toMatch(/lease=old who=YQ label=YQ since=5000 quiet=700 /);
      expect(await controller.sayAs(['YQ', 'YQ'], 'hold', 'new', '6000')).toMatch(/^GB1 held=0 lease=old/);
      // Left by one who was killed in between.
      symlinkSync(`lease:1:999999999:${boot}`, join(controller.base, 'lease.brk'));
      const ids = Array.from({ length: 6 }, (_, n) => `new${n}`);
      const answers = await Promise.all(
        ids.map((id) => controller.sayAs([`by-${id}`, `for-${id}`], 'hold', id, '600')),
      );
      const winners = ids.filter((_, n) => answers[n] === 'GB1 held=1');
      expect(winners).toHaveLength(1);
      const won = winners[0] ?? '';
      expect(await controller.say('lease')).toMatch(
        new RegExp(`lease=${won} who=by-${won} label=for-${won} .*quiet=0 job=$`),
      );
      // Nothing of those who came too late; the words for our account alone, and none of them in the link.
      const [link, words = '', ...others] = leaseFiles(controller.base);
      expect([link, ...others]).toEqual(['lease', 'lease.seen']);
      expect(words).toMatch(new RegExp(`^lease\\.${won}\\.\\d+$`));
      expect(statSync(join(controller.base, words)).mode & 0o777).toBe(0o600);
      const pid = words.slice(words.lastIndexOf('.') + 1);
      expect(readlinkSync(join(controller.base, 'lease'))).toBe(`${won}::${pid}:${boot}:90000`);
      // One who was killed before it had the lease leaves words that are nobody's.
      writeFileSync(join(controller.base, 'lease.new0.1'), 'nobody:nothing\n');
      expect(await controller.say('lease')).toMatch(new RegExp(`lease=${won} who=by-${won} `));
      // Where no words could be written there is a lease all the same, without a name.
      rmSync(join(controller.base, words));
      expect(await controller.say('lease')).toMatch(new RegExp(`lease=${won} who= label= since=`));
      await controller.say('release', 'new0');
      await controller.say('release', won);
      expect(leaseFiles(controller.base)).toEqual([]);
      // A guest that was started anew tells the time since then at least.
      symlinkSync(`old:YQ:YQ:other-boot:12`, join(controller.base, 'lease'));
      expect(await controller.say('lease')).toMatch(/ since=90000 /);
    });
    expect(await controller.say('clean', 'any')).toMatch(/^GB1 ok=1 jobs=[1-9].* lease=old who=YQ/);
  });

  test('believes no folder of somebody else, and cleans up all of its own', async () => {
    await controller.put('last', 'true\n');
    // As after the runner was killed: something of a job lives on, and the lock names nobody any more.
    const work = join(controller.base, 'work');
    const escaped = spawn('sleep', [`${mark}0.7`], { env: { ...process.env, GB_WORK: work } });
    const gone = new Promise((resolve) => escaped.once('exit', (_, signal) => resolve(signal)));
    await until(() => controller.processes(`sleep ${mark}0.7`).length > 0);
    symlinkSync('ghost:1:999999999:other-boot', join(controller.base, 'lock'));
    expect(await controller.say('clean')).toBe('GB1 ok=1 jobs=1 sources=0 processes=1 lock=ghost');
    expect(await gone).toBe('SIGKILL');
    expect(await controller.say('clean')).toBe('GB1 ok=1 jobs=0 sources=0 processes=0 lock=');
    expect(readdirSync(controller.folder).filter((each) => each.startsWith('guestbench'))).toEqual([]);
    symlinkSync(controller.folder, controller.base);
    expect((await controller.put('x', 'true\n')).out).toBe('GB1 error=basedir\n');
    expect(await controller.say('status', 'x')).toBe('GB1 error=basedir');
    rmSync(controller.base);
    mkdirSync(controller.base, { mode: 0o755 });
    chmodSync(controller.base, 0o755);
    expect(await controller.say('start', 'x')).toBe('GB1 error=basedir-mode');
    expect(await controller.say('clean')).toBe('GB1 error=basedir-mode');
    expect(existsSync(controller.base)).toBe(true);
  });
});

test('some shell is there to try', () => {
  expect(installed.length).toBeGreaterThan(0);
});

/** What the lease consists of. */
function leaseFiles(base: string): string[] {
  return readdirSync(base)
    .filter((name) => name.startsWith('lease'))
    .sort();
}

function followersOf(controller: Controller): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
        return text.includes(`${controller.folder}/controller.sh follow`) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
