import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputEvents, readExperiment } from '../../../src/experiment/journal';
import type { Experiment, ExperimentEvent, ExperimentRead } from '../../../src/model/experiment';
import {
  at,
  experimentEvent,
  facts,
  failed,
  finished,
  measurement,
  output,
  sampleEvents,
  started,
  text,
} from './sampleEvents';

const first = experimentEvent();
const [one, two] = first.plan.trials.map(({ id }) => id) as [string, string];

function read(source: string): Experiment {
  const result = readExperiment(source);
  if (result.status === 'error') throw new Error(result.error);
  return result.experiment;
}

/** The number of measurements in trials that ended well. */
function measured(result: ExperimentRead): number {
  return result.status === 'ok' ? result.experiment.trials.filter(({ status }) => status === 'ok').length : 0;
}

describe('an experiment file', () => {
  it('keeps the reboots between rounds: one that was asked for twice is one', () => {
    const reboot = { at, type: 'reboot', guest: 'pv', round: 1 } as const;
    const begun = { ...reboot, phase: 'begun', bootId: 'old' } as const;
    const resumed = { at, type: 'resumed', reason: 'taken up again' } as const;
    const done = { ...reboot, phase: 'done', bootId: 'new', durationMs: 9_000 } as const;
    expect(read(text(first, begun)).reboots).toEqual([
      { guest: 'pv', round: 1, startedAt: at, state: 'begun', bootIdBefore: 'old' },
    ]);
    const refused = { ...reboot, round: 2, phase: 'failed', reason: 'It stayed on its boot.' } as const;
    const second = { ...reboot, round: 2, phase: 'begun' } as const;
    expect(read(text(first, begun, resumed, begun, done, second, refused)).reboots).toEqual([
      {
        guest: 'pv',
        round: 1,
        startedAt: at,
        endedAt: at,
        state: 'done',
        bootIdBefore: 'old',
        bootIdAfter: 'new',
        durationMs: 9_000,
      },
      {
        guest: 'pv',
        round: 2,
        startedAt: at,
        endedAt: at,
        state: 'failed',
        reason: 'It stayed on its boot.',
      },
    ]);
    const wrong = readExperiment(text(first, done));
    expect(wrong).toMatchObject({ status: 'error', line: 2 });
    expect(wrong.status === 'error' && wrong.error).toMatch(/never begun/);
  });

  it('is folded into what happened', () => {
    const experiment = read(text(...sampleEvents()));
    expect(experiment).toMatchObject({
      format: 1,
      id: 'e1',
      label: 'PV against PVHVM – Größe',
      seed: 7,
      startedAt: at,
      notes: [],
      ended: { at, reason: 'completed' },
    });
    expect(experiment.facts.map(({ guest, when }) => `${guest} ${when}`)).toEqual([
      'pv start',
      'pvhvm start',
      'pv end',
    ]);
    const [lost, again, next] = experiment.trials;
    expect(experiment.trials).toHaveLength(first.plan.trials.length + 1);
    expect(lost).toMatchObject({
      attempt: 1,
      status: 'failed',
      reason: 'openssl is missing',
      exitCode: 127,
      signal: null,
    });
    expect(again).toMatchObject({
      attempt: 2,
      status: 'ok',
      measurements: [measurement(9)],
      exitCode: 0,
      durationMs: 1200,
    });
    expect(next).toMatchObject({
      trial: first.plan.trials[1],
      stdout: 'sign 0 → 1,5 µs 😀\n',
      stderr: '',
      missingBytes: 0,
    });
  });

  it('keeps a running trial running, and calls one lost that was started again', () => {
    const { trials } = read(text(first, started(one), started(two), started(one, 2)));
    expect(trials.map(({ trial, attempt, status }) => [trial.id, attempt, status])).toEqual([
      [one, 1, 'lost'],
      [two, 1, 'running'],
      [one, 2, 'running'],
    ]);
    expect(trials[0]?.reason).toMatch(/started again/);
  });

  it('joins chunks, and never joins the two sides of a gap into one line', () => {
    const { trials } = read(
      text(first, started(one), output(one, 'a'), output(one, 'b 12'), output(one, '34\n', 100)),
    );
    expect(trials[0]).toMatchObject({ stdout: 'ab 12\n34\n', missingBytes: 100 });
  });

  it('takes the output of a trial once that was recorded again after a crash', () => {
    const { trials } = read(
      text(
        first,
        started(one),
        output(one, 'a\n', 5),
        { at, type: 'resumed', reason: 'crash' },
        output(one, 'a\n'),
        output(one, 'b\n'),
        finished(one),
      ),
    );
    expect(trials[0]).toMatchObject({ status: 'ok', stdout: 'a\nb\n', missingBytes: 0 });
  });

  it('keeps CPU use, what was set aside, pauses and the last end', () => {
    const cpu = { userPercent: 90, systemPercent: 5, iowaitPercent: 1, stealPercent: 2, idlePercent: 2 };
    const experiment = read(
      text(
        { ...first, notes: ['Both guests are the same machine.'] },
        { at, type: 'paused', reason: 'network' },
        { at, type: 'ended', reason: 'stopped', message: 'by hand' },
        { at, type: 'resumed', reason: 'by hand' },
        started(one),
        { ...finished(one), cpu, version: 'OpenSSL 3' },
        { at, type: 'set-aside', guest: 'pv', benchmark: 'fio', reason: 'no fio' },
      ),
    );
    expect(experiment.ended).toBeUndefined();
    expect(experiment.notes).toEqual(['Both guests are the same machine.']);
    expect(experiment.trials[0]?.cpu).toEqual(cpu);
    expect(experiment.setAside).toEqual([{ guest: 'pv', benchmark: 'fio', reason: 'no fio' }]);
    const ended = { at, type: 'ended', reason: 'stopped', message: 'by hand' } as const;
    expect(read(text(first, ended)).ended).toEqual({ at, reason: 'stopped', message: 'by hand' });
    expect(read(text(first, ended, started(one))).ended).toBeUndefined();
  });

  it('may have a byte order mark, CRLF, and no newline at its end', () => {
    const source = text(...sampleEvents());
    const wanted = readExperiment(source);
    expect(readExperiment(`\uFEFF${source}`)).toEqual(wanted);
    expect(readExperiment(source.replaceAll('\n', '\r\n'))).toEqual(wanted);
    expect(readExperiment(source.trimEnd())).toEqual(wanted);
  });
});

describe('a torn last line', () => {
  it.each(['{"at":"2026', '\0\0\0\0', '{"at":"2026-11-22T12:00:00Z","type":"ended","reason":"completed"'])(
    'is left out and reported: %j',
    (tail) => {
      const source = text(...sampleEvents());
      const lines = source.split('\n').length;
      expect(readExperiment(source + tail)).toEqual({ ...readExperiment(source), torn: { line: lines } });
    },
  );

  it('loses no earlier measurement, cut at any byte of the last 4 KB', () => {
    const bytes = Buffer.from(text(...sampleEvents(6)), 'utf8');
    for (let cut = bytes.length - 4096; cut <= bytes.length; cut++) {
      const part = bytes.subarray(0, cut);
      const result = readExperiment(part.toString('utf8'));
      expect(result.status).toBe('ok');
      const whole = part.toString('utf8').split('\n').slice(0, -1);
      const kept = whole.filter((line) => line.includes('"trial-finished"')).length;
      expect(measured(result) - kept === 0 || (measured(result) - kept === 1 && part.at(-1) === 0x7d)).toBe(
        true,
      );
      const isWhole = part.at(-1) === 0x0a || bytes[cut] === 0x0a || cut === bytes.length;
      expect('torn' in result).toBe(!isWhole);
      if (!isWhole) expect(result).toMatchObject({ torn: { line: whole.length + 1 } });
    }
  });

  it('is an error when it is the first: there is no experiment then', () => {
    const bytes = Buffer.from(text(first), 'utf8');
    for (let cut = 0; cut < bytes.length - 1; cut += 7) {
      expect(readExperiment(bytes.toString('utf8', 0, cut))).toMatchObject({ status: 'error', line: 1 });
    }
  });
});

describe('anything else wrong', () => {
  const broken = { ...finished(one), measurements: [{ ...measurement(1), value: null }] };
  const plan = first.plan;
  const cases: [string, string, number, RegExp][] = [
    ['an empty file', '', 1, /empty.*run the experiment again/],
    ['blank lines', '\n \n', 1, /empty/],
    ['no JSON', 'hello\n', 1, /not JSON/],
    ['a foreign file', '{"name":"package"}\n', 1, /no experiment of Guestbench/],
    ['a list', '[1]\n', 1, /no experiment of Guestbench/],
    ['an event without its beginning', text(started(one)), 1, /no experiment of Guestbench/],
    [
      'a newer format',
      '{"type":"experiment","format":2,"new":1}\n',
      1,
      /newer Guestbench.*format 2.*Update the extension/,
    ],
    ['a senseless format', text(JSON.stringify({ ...first, format: 0 })), 1, /wrong "format"/],
    ['a missing field', text(JSON.stringify({ ...first, seed: undefined })), 1, /wrong "seed": expected/],
    [
      'a field of the plan',
      text(JSON.stringify({ ...first, plan: { ...plan, rounds: 'x' } })),
      1,
      /"plan\.rounds"/,
    ],
    [
      'an unknown field of the lab',
      text(JSON.stringify({ ...first, lab: { secret: 1 } })),
      1,
      /"lab": unknown "secret"/,
    ],
    [
      'a trial planned twice',
      text({ ...first, plan: { ...plan, trials: [plan.trials[0]!, plan.trials[0]!] } }),
      1,
      /twice/,
    ],
    ['a trial for a stranger', text({ ...first, plan: { ...plan, guests: [] } }), 1, /not among its guests/],
    [
      'a trial of a stranger',
      text({ ...first, plan: { ...plan, benchmarks: [] } }),
      1,
      /not among its benchmarks/,
    ],
    [
      'a value that is no number',
      text(first, started(one), JSON.stringify(broken)),
      3,
      /"measurements\.0\.value": expected number/,
    ],
    [
      'a wrong word',
      text(first, JSON.stringify({ at, type: 'ended', reason: 'bored' })),
      2,
      /"reason": expected "completed" or/,
    ],
    [
      'a wrong time',
      text(first, JSON.stringify({ ...started(one), at: 'noon' })),
      2,
      /"at": expected datetime/,
    ],
    ['an unknown event', text(first, JSON.stringify({ at, type: 'party' })), 2, /no event.*"party"/],
    ['an event without type', text(first, '7'), 2, /no type/],
    ['garbage in the middle', text(first, 'garbage', started(one)), 2, /Line 2 is not JSON/],
    ['an empty line in the middle', text(first, '', started(one)), 2, /Line 2 is not JSON/],
    ['two files joined', text(first, first), 2, /begins an experiment again/],
    ['a trial that is not planned', text(first, started('r99-x')), 2, /"r99-x", which is not planned/],
    ['a finish without start', text(first, started(two), finished(one)), 3, /was never started/],
    ['a failure without start', text(first, failed('nobody')), 2, /is not planned/],
    ['output without start', text(first, output(one, 'x')), 2, /output of the trial .* never started/],
    ['a second finish', text(first, started(one), finished(one), finished(one)), 4, /a second time/],
    ['a failure after the finish', text(first, started(one), finished(one), failed(one)), 4, /a second time/],
    ['the same attempt twice', text(first, started(one), started(one)), 3, /attempt 1 .* after attempt 1/],
    [
      'facts of a stranger',
      text(first, facts('nobody', 'start')),
      2,
      /"nobody", which is not among the guests/,
    ],
  ];
  it.each(cases)('is an error that says where: %s', (_, source, line, message) => {
    const result = readExperiment(source);
    expect(result).toMatchObject({ status: 'error', line });
    if (result.status === 'error') {
      expect(result.error).toMatch(message);
      expect(result.error).toMatch(/^[A-Z].*[.]$/);
    }
  });

  it('never throws', () => {
    const lines = sampleEvents().map((event) => JSON.stringify(event));
    const line = fc.oneof(
      fc.constantFrom(...lines),
      fc.string(),
      fc.json(),
      fc.constant('{"__proto__":{"type":"ended"}}'),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(line), fc.constantFrom('\n', ''), (begin, rest, end) => {
        const source = [...(begin ? lines.slice(0, 1) : []), ...rest].join('\n') + end;
        const result = readExperiment(source);
        expect(['ok', 'error']).toContain(result.status);
      }),
    );
    expect(readExperiment('['.repeat(100_000))).toMatchObject({ status: 'error' });
    expect(readExperiment(text(first, '{"a":'.repeat(50_000)))).toMatchObject({ status: 'error', line: 2 });
  });

  it('is found in a long file too', () => {
    const trials = Array.from({ length: 50_000 }, (_, i) => ({ ...plan.trials[0]!, id: `t${i}`, block: i }));
    const two = [measurement(1), { ...measurement(2), id: 'verify' }];
    const events: ExperimentEvent[] = trials.flatMap(({ id }) => [
      started(id),
      { ...finished(id), measurements: two },
    ]);
    const source = text({ ...first, plan: { ...plan, trials } }, ...events);
    const { trials: records } = read(source);
    expect(records.flatMap(({ measurements }) => measurements)).toHaveLength(100_000);
    expect(readExperiment(`${source}?\n`)).toMatchObject({ status: 'error', line: 100_002 });
  });
});

describe('outputEvents', () => {
  const mebibyte = 1024 * 1024;
  const joined = (texts: readonly { text: string }[]): string => texts.map((event) => event.text).join('');

  it('keeps short output whole, in chunks of whole characters', () => {
    expect(outputEvents(one, 'stdout', '')).toEqual([]);
    expect(outputEvents(one, 'stderr', 'x')).toMatchObject([
      { type: 'output', trial: one, stream: 'stderr', text: 'x' },
    ]);
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const source = shift + '😀'.repeat(60_000);
      const events = outputEvents(one, 'stdout', source, '/tmp/whole.txt');
      expect(events.length).toBeGreaterThan(2);
      expect(joined(events)).toBe(source);
      expect(
        events.some(({ missingBytes, wholeIn }) => missingBytes !== undefined || wholeIn !== undefined),
      ).toBe(false);
    }
  });

  it('keeps exactly one mebibyte whole', () => {
    expect(joined(outputEvents(one, 'stdout', 'x'.repeat(mebibyte)))).toHaveLength(mebibyte);
  });

  it.each(['line 😀 of output\n', '😀', 'no newline at all '])(
    'keeps head and tail of more, and says what is missing: %j',
    (unit) => {
      const source = `BEGIN ${unit.repeat(Math.ceil((2.5 * mebibyte) / Buffer.byteLength(unit)))} END`;
      const events = outputEvents(one, 'stdout', source, 'whole.txt');
      const kept = joined(events);
      const marked = events.filter(({ missingBytes }) => missingBytes !== undefined);
      expect(marked).toHaveLength(1);
      expect(marked[0]).toMatchObject({ wholeIn: 'whole.txt' });
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(mebibyte);
      expect(Buffer.byteLength(kept)).toBeGreaterThan(mebibyte - 20_000);
      expect(Buffer.byteLength(kept) + marked[0]!.missingBytes!).toBe(Buffer.byteLength(source));
      const place = events.indexOf(marked[0]!);
      expect(source.startsWith(joined(events.slice(0, place)))).toBe(true);
      expect(source.endsWith(joined(events.slice(place)))).toBe(true);
      if (unit.endsWith('\n')) expect(joined(events.slice(0, place))).toMatch(/\n$/);
    },
  );

  it('counts what was left out before', () => {
    const events = outputEvents(one, 'stdout', 'x'.repeat(2 * mebibyte), undefined, 10 * mebibyte);
    const marked = events.find(({ missingBytes }) => missingBytes !== undefined);
    expect(marked?.missingBytes).toBe(9 * mebibyte);
    expect(marked && 'wholeIn' in marked).toBe(false);
  });

  it('is read back as it was', () => {
    const events = outputEvents(one, 'stdout', 'größer 😀\n'.repeat(20_000));
    expect(read(text(first, started(one), ...events)).trials[0]?.stdout).toBe('größer 😀\n'.repeat(20_000));
  });
});
