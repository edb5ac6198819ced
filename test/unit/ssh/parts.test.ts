import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { ChannelSlots } from '../../../src/ssh/channelSlots';
import { dialError, handshakeError, isPassing } from '../../../src/ssh/errors';
import { FrameReader, parseAnswer, type Frame } from '../../../src/ssh/frames';
import { cpuUse, jobEnd } from '../../../src/ssh/jobEnd';
import { PausableTimer } from '../../../src/ssh/pausableTimer';
import { quoteCommand, quoteWord } from '../../../src/ssh/quote';
import { SshError, type Target } from '../../../src/ssh/transport';

const target: Target = {
  name: 'deb12',
  address: '10.0.0.9',
  port: 22,
  user: 'root',
  identityFiles: [],
  identitiesOnly: false,
  agent: undefined,
  jumps: [],
};

describe('quoting', () => {
  test('leaves plain words, quotes the rest', () => {
    expect(quoteCommand(['ls', '-l', '/tmp/a b', "it's", '', '$x', '~', 'a=b'])).toBe(
      `ls -l '/tmp/a b' 'it'\\''s' '' '$x' '~' 'a=b'`,
    );
    expect(() => quoteWord('a\0b')).toThrow(RangeError);
  });

  test('any words reach a command unchanged', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), (words) => {
        const command = quoteCommand(['printf', '%s\\0', 'x', ...words]);
        const output = execFileSync('/bin/sh', ['-c', command]).toString();
        expect(output.split('\0').slice(0, -1)).toEqual(['x', ...words]);
      }),
      { numRuns: 30 },
    );
  });
});

describe('frames', () => {
  const read = (chunks: readonly Buffer[]): { out: string; err: string; end: string | undefined } => {
    const seen = { out: '', err: '', end: undefined as string | undefined };
    const reader = new FrameReader((frame: Frame) => {
      if (frame.kind === 'end') seen.end = frame.fields.get('rc');
      else if ('chunk' in frame) seen[frame.kind] += frame.chunk.toString('latin1');
    });
    for (const chunk of chunks) reader.add(chunk);
    return seen;
  };
  const stream =
    'Last login\nprompt> GB1 follow 1\nGB1 out 13\nGB1 out 5\nab\nGB1 err 3\nxy\nGB1 out 1\nzGB1 end state=done rc=7\n';

  test('come out the same however the stream is cut', () => {
    const bytes = Buffer.from(stream);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((to, index) => bytes.subarray(at[index], to));
        expect(read(chunks)).toEqual({ out: 'GB1 out 5\nab\nz', err: 'xy\n', end: '7' });
      }),
    );
  });

  test('of an unfinished block are handed on as they come', () => {
    expect(read([Buffer.from('GB1 follow 1\nGB1 out 10\nabc')]).out).toBe('abc');
  });

  test('that are none are an error', () => {
    expect(() => read([Buffer.from('GB1 follow 1\nsh: not found\n')])).toThrow(SshError);
    expect(() => read([Buffer.from('GB1 follow 1\n' + 'x'.repeat(5000))])).toThrow(SshError);
    expect(() => read([Buffer.alloc(1024 * 1024 + 1, 'x')])).toThrow(SshError);
  });

  test('answers are found behind noise', () => {
    const answers = parseAnswer(Buffer.from('Hi\nno newlineGB1 id=a state=done\nGB1 lock=\nother\n'));
    expect(answers.map((each) => Object.fromEntries(each))).toEqual([
      { id: 'a', state: 'done' },
      { lock: '' },
    ]);
    expect(parseAnswer(Buffer.from('nothing'))).toEqual([]);
  });
});

describe('the end of a job', () => {
  const end = (fields: Record<string, string>): unknown =>
    jobEnd(new Map(Object.entries({ state: 'done', ...fields })));

  test('is its exit code or its signal', () => {
    expect(end({ rc: '42', out: '5', err: '6', up0: '10.50', up1: '12.75', cancelled: '0' })).toEqual({
      state: 'done',
      exitCode: 42,
      signal: null,
      cancelled: false,
      stdoutBytes: 5,
      stderrBytes: 6,
      durationMs: 2250,
    });
    expect(end({ rc: '143', cancelled: '1' })).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
      cancelled: true,
    });
    expect(end({ rc: '137' })).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(end({ rc: '255' })).toMatchObject({ exitCode: 255, signal: null });
    expect(end({ rc: '128' })).toMatchObject({ exitCode: 128, signal: null });
    expect(end({ rc: '0', up0: '9', up1: '8' })).toMatchObject({ durationMs: 0 });
  });

  test('may be missing', () => {
    expect(end({ state: 'busy', by: 'a:1:2:3' })).toEqual({ state: 'busy', by: 'a' });
    expect(end({ state: 'lost' })).toEqual({ state: 'lost' });
    expect(end({})).toEqual({ state: 'lost' });
  });

  test('tells the use of the CPU, guest time inside user, backward steps clamped', () => {
    expect(cpuUse('cpu,100,0,100,1000,50,0,0,10,5,0', 'cpu,150,10,120,1010,45,4,6,10,50,0')).toEqual({
      userPercent: 60,
      systemPercent: 30,
      iowaitPercent: 0,
      stealPercent: 0,
      idlePercent: 10,
    });
    expect(cpuUse('cpu  1 2 3 4', 'cpu  1 2 3 4')).toBeUndefined();
    expect(cpuUse('none', 'none')).toBeUndefined();
    expect(cpuUse(undefined, 'cpu 1 2 3 4')).toBeUndefined();
  });
});

describe('errors in words', () => {
  const coded = (code: string): Error => Object.assign(new Error(code), { code });
  test.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOTFOUND', 'unreachable'],
    ['EAI_AGAIN', 'unreachable'],
    ['EHOSTUNREACH', 'unreachable'],
    ['ETIMEDOUT', 'timeout'],
    ['ECONNRESET', 'lost'],
    ['EWHATEVER', 'unreachable'],
  ])('%s', (code, kind) => {
    const error = dialError(target, coded(code));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(/^deb12: .*10\.0\.0\.9.*\.$/);
  });

  test.each([
    ['Handshake failed: no matching key exchange algorithm', 'algorithms'],
    ['Connection lost before handshake', 'lost'],
    ['Too many authentication failures', 'authentication'],
    ['Invalid identification string', 'protocol'],
    ['something else', 'protocol'],
  ])('%s', (message, kind) => {
    expect(handshakeError(target, [new Error(message)]).kind).toBe(kind);
  });

  test('none at all, several addresses, a socket that fails later', () => {
    expect(handshakeError(target, []).kind).toBe('lost');
    expect(dialError(target, new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')])).kind).toBe(
      'refused',
    );
    const socket = Object.assign(coded('ECONNRESET'), { level: 'client-socket' });
    expect(handshakeError(target, [socket]).kind).toBe('lost');
  });

  test('only what may pass by itself is tried again', () => {
    expect(isPassing(new SshError('lost', ''))).toBe(true);
    expect(isPassing(new SshError('authentication', ''))).toBe(false);
    expect(isPassing(new Error())).toBe(false);
  });
});

describe('the time limit of a connection', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('stands still while a person is asked', async () => {
    let fired = 0;
    const timer = new PausableTimer(1000, () => (fired += 1));
    vi.advanceTimersByTime(600);
    let answer = (): void => undefined;
    const asking = timer.during(() => new Promise<void>((resolve) => (answer = resolve)));
    vi.advanceTimersByTime(100_000);
    expect(fired).toBe(0);
    answer();
    await asking;
    vi.advanceTimersByTime(399);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(2);
    expect(fired).toBe(1);
  });

  test('does not fire once stopped, not even after a question', async () => {
    let fired = 0;
    const timer = new PausableTimer(10, () => (fired += 1));
    await timer.during(() => {
      timer.stop();
      return Promise.resolve();
    });
    vi.advanceTimersByTime(100);
    expect(fired).toBe(0);
  });
});

describe('channel slots', () => {
  const never = new AbortController().signal;

  test('are given in order and shrink when the server refuses', async () => {
    const slots = new ChannelSlots(2);
    const first = await slots.acquire(never);
    const second = await slots.acquire(never);
    const order: string[] = [];
    const third = slots.acquire(never).then((release) => (order.push('third'), release));
    const fourth = slots.acquire(never).then((release) => (order.push('fourth'), release));
    expect(slots.refused()).toBe(true);
    first();
    first();
    await Promise.resolve();
    expect(order).toEqual([]);
    second();
    (await third)();
    (await fourth)();
    expect(order).toEqual(['third', 'fourth']);
    expect(slots.openCount).toBe(0);
    expect(slots.refused()).toBe(false);
  });

  test('are not waited for after an abort', async () => {
    const slots = new ChannelSlots(1);
    const release = await slots.acquire(never);
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal);
    const reason = new SshError('cancelled', 'enough');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(slots.acquire(stop.signal)).rejects.toBe(reason);
    release();
    (await slots.acquire(never))();
    expect(slots.openCount).toBe(0);
  });
});
