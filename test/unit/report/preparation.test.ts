import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../../src/benchmarks/check';
import { installPlan, type GuestSystem } from '../../../src/benchmarks/installPlan';
import {
  installable,
  isAllReady,
  lackLines,
  preparationModel,
  remainder,
  type GuestAnswer,
  type PreparationInput,
} from '../../../src/report/preparation';
import { preparationMessage, readPreparationPage } from '../../../src/report/preparationProtocol';
import { readPreparationMessage } from '../../../src/report/preparationMessage';

const ready: CheckResult = { state: 'ready', version: 'fio-3.33' };
const missing: CheckResult = { state: 'missing', command: '7z', package: '7zip', install: undefined };
const problem = (kind: 'space' | 'architecture' | 'source' | 'other'): CheckResult => ({
  state: 'problem',
  kind,
  reason: `because of ${kind}`,
});
const benchmarks = [
  { id: 'fio', title: 'Random read' },
  { id: '7zip', title: '7-Zip' },
  { id: 'unixbench', title: 'UnixBench' },
];

function answer(checks: readonly CheckResult[], system: Partial<GuestSystem> = {}): GuestAnswer {
  const whole: GuestSystem = {
    user: 'ada',
    manager: 'apt-get',
    privilege: 'sudo-password',
    lists: 'there',
    ...system,
  };
  return {
    state: 'answered',
    checks: new Map(benchmarks.map(({ id }, index) => [id, checks[index] ?? ready])),
    plan: installPlan(whole, checks),
    user: whole.user,
  };
}

function input(
  guests: Readonly<Record<string, GuestAnswer>>,
  changes: Partial<PreparationInput> = {},
): PreparationInput {
  return {
    purpose: 'run',
    busy: 'no',
    benchmarks,
    guests: Object.entries(guests).map(([name, given]) => ({ name, answer: given })),
    ...changes,
  };
}

describe('preparationModel', () => {
  it('has a cell for each benchmark and guest, with a word for each state', () => {
    const model = preparationModel(
      input({
        a: answer([ready, missing, problem('source')]),
        b: answer([problem('space'), missing, problem('architecture')], { privilege: 'none' }),
        c: { state: 'unreachable', reason: 'c: nobody listens there.' },
        d: { state: 'checking' },
        e: answer([problem('other'), ready, ready]),
      }),
    );
    expect(model.cells.map((row) => row.map(({ word }) => word))).toEqual([
      ['Ready', 'No space', 'Not reached', 'Checking', 'Cannot run'],
      ['Missing', 'Needs root', 'Not reached', 'Checking', 'Ready'],
      ['Needs a source', 'Not supported', 'Not reached', 'Checking', 'Ready'],
    ]);
    expect(model.cells[0]?.[0]?.text).toBe('fio-3.33');
    expect(model.cells[1]?.[0]).toMatchObject({
      text: '7zip',
      details: expect.stringContaining('7z') as string,
    });
    expect(model.cells[2]?.[2]?.details).toBe('c: nobody listens there.');
    expect(model.guests[2]?.trouble).toBe('c: nobody listens there.');
  });

  it('says what the archives of a guest do not have, under which names, and where it may be', () => {
    const absent = (names: readonly (readonly string[])[], elsewhere?: string): CheckResult => ({
      state: 'missing',
      command: 'wrk',
      package: names.map(([name = '']) => name).join(' '),
      install: undefined,
      wanted: [],
      absent: names,
      ...(elsewhere === undefined ? {} : { elsewhere }),
    });
    const guests = input({
      a: answer([ready, missing, absent([['wrk']], 'EPEL')]),
      b: answer([ready, ready, absent([['7zip', 'p7zip-full', 'p7zip'], ['wrk']])]),
    });
    const { cells, installable: count, guests: columns } = preparationModel(guests);
    expect(cells[2]).toEqual([
      {
        state: 'absent',
        word: 'Not in archive',
        text: 'wrk',
        details:
          'wrk was not found, and the package archives of this guest have no wrk. It may be in EPEL; else install it by hand and check again.',
      },
      expect.objectContaining({
        text: '7zip wrk',
        details:
          'wrk was not found, and the package archives of this guest have no 7zip, p7zip-full or p7zip, and wrk. Install it by hand and check again.',
      }),
    ]);
    // What can be had is installed all the same, and where there is nothing of it there is no command.
    expect([count, columns.map(({ packages }) => packages)]).toEqual([1, [['7zip'], []]]);
    expect(lackLines(guests)[1]).toBe(`b: UnixBench (${cells[2]?.[1]?.details})`);
  });

  it('shows the commands of each guest and how they are run, and counts where they can be', () => {
    const lacks = [ready, missing];
    const all = input({
      asks: answer(lacks),
      never: answer(lacks, { privilege: 'none' }),
      alien: answer(lacks, { manager: undefined }),
      root: answer(lacks, { privilege: 'root', user: 'root', manager: 'apk' }),
      fine: answer([]),
    });
    const model = preparationModel(all);
    expect(model.guests.map(({ commands }) => commands)).toEqual([
      [
        'sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 7zip',
      ],
      [
        'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 7zip',
      ],
      [],
      ['apk --wait 120 add 7zip'],
      [],
    ]);
    expect(model.guests.map(({ how }) => how)).toEqual([
      expect.stringContaining('asked for once'),
      expect.stringContaining('as root'),
      expect.stringContaining('by hand: 7zip'),
      'Run as root.',
      '',
    ]);
    expect(model.installable).toBe(2);
    expect(installable(all.guests).map(({ guest }) => guest.name)).toEqual(['asks', 'root']);
    expect(model.headline).toBe('4 of 5 guests are not ready for everything. The run has not begun.');
  });

  it('says how things stand', () => {
    const headline = (guests: Readonly<Record<string, GuestAnswer>>, changes?: Partial<PreparationInput>) =>
      preparationModel(input(guests, changes)).headline;
    expect(headline({ a: { state: 'checking' }, b: answer([]) })).toBe('Checking 3 benchmarks on 1 guest.');
    expect(headline({ a: answer([]) })).toBe('Everything is ready on 1 guest.');
    expect(headline({ a: answer([missing]) }, { purpose: 'prepare' })).toBe(
      '1 of 1 guest is not ready for everything.',
    );
    expect(headline({ a: answer([missing]) }, { busy: 'installing' })).toContain('Installing');
  });
});

describe('going on without what is not ready', () => {
  const mixed = input({
    whole: answer([]),
    partly: answer([ready, missing, ready]),
    gone: { state: 'unreachable', reason: 'off' },
  });

  it('leaves out the guests that lack something, or the benchmarks that do not run everywhere', () => {
    expect(remainder(mixed, 'guests')).toEqual({
      guests: ['whole'],
      benchmarks: ['fio', '7zip', 'unixbench'],
    });
    expect(remainder(mixed, 'benchmarks')).toEqual({
      guests: ['whole', 'partly'],
      benchmarks: ['fio', 'unixbench'],
    });
    const model = preparationModel(mixed);
    expect(model.withoutGuests).toEqual({ without: ['partly', 'gone'] });
    expect(model.withoutBenchmarks).toEqual({ without: ['gone', '7-Zip'] });
  });

  it('is no way where nothing would be left, nothing is lacking, or no run waits', () => {
    const hopeless = input({ a: answer([problem('space'), missing, problem('source')]) });
    expect([remainder(hopeless, 'guests'), remainder(hopeless, 'benchmarks')]).toEqual([
      undefined,
      undefined,
    ]);
    expect(remainder(input({ a: answer([]) }), 'guests')).toBeUndefined();
    expect(isAllReady(input({ a: answer([]) }))).toBe(true);
    for (const changes of [{ purpose: 'prepare' }, { busy: 'installing' }] as const)
      expect(preparationModel({ ...mixed, ...changes }).withoutGuests).toBeUndefined();
  });

  it('is told in lines, with benchmark, packages and command, when nobody is there to choose', () => {
    expect(lackLines(mixed)).toEqual([
      'partly: 7-Zip (7zip); to install: sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 7zip',
      'gone: off',
    ]);
    expect(lackLines(input({ a: answer([ready, ready, problem('source')]) }))).toEqual([
      'a: UnixBench (because of source)',
    ]);
    expect(lackLines(input({ a: answer([]) }))).toEqual([]);
  });
});

describe('the messages between page and host', () => {
  it('are checked at both ends', () => {
    const message = preparationMessage(preparationModel(input({ a: answer([]) })));
    expect(readPreparationMessage(structuredClone(message), message.version)).toMatchObject({ status: 'ok' });
    for (const bad of [
      null,
      [],
      'x',
      { type: 'model' },
      { ...message, version: 99 },
      { ...message, model: {} },
    ])
      expect(readPreparationMessage(bad, message.version).status).toBe('dropped');
    expect(readPreparationPage({ type: 'copy', guest: 0 }).status).toBe('ok');
    for (const bad of [
      { type: 'copy', guest: -1 },
      { type: 'goOn', without: 'all' },
      { type: 'run' },
      undefined,
    ])
      expect(readPreparationPage(bad).status).toBe('dropped');
  });
});
