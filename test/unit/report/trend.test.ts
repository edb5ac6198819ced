import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../../src/model/experiment';
import type { Facts } from '../../../src/model/guest';
import { reportModel } from '../../../src/report/model';
import { trendModel } from '../../../src/report/trend';
import { trendEntry } from '../../../src/report/trendEntry';
import { subjectKey } from '../../../src/report/trendOptions';
import type { TrendChoice, TrendEntry } from '../../../src/report/trendShape';
import { completed, experiment, facts, workload } from './experiments';

interface Run {
  readonly day: number;
  readonly id?: string;
  /** Of the candidate over the baseline. */
  readonly effect?: number;
  readonly facts?: Partial<Facts>;
  readonly stdout?: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly benchmark?: string;
}

/** The benchmark by another id: one that no catalogue knows, so that its only metric is the main one. */
function renamed(one: Experiment, id: string): Experiment {
  const trials = one.trials.map((record) => ({ ...record, trial: { ...record.trial, benchmark: id } }));
  const planned = one.plan.trials.map((trial) => ({ ...trial, benchmark: id }));
  return { ...one, plan: { ...one.plan, benchmarks: [{ id }], trials: planned }, trials };
}

/** One experiment of sqlite on a PV and a PVHVM guest, on a day of November. */
function made({
  day,
  effect = 1.1,
  stdout = '',
  parameters,
  benchmark = 'inserts',
  ...run
}: Run): Experiment {
  const guest = (name: string, mode: 'PV' | 'PVHVM') => ({
    name,
    host: 'lab1',
    facts: facts(mode, { machineId: `machine-${name}`, ...run.facts }),
  });
  const planned = experiment({
    label: `run ${day}`,
    guests: [guest('deb12-pv', 'PV'), guest('deb12-pvhvm', 'PVHVM')],
    workloads: [workload('sqlite', 40 + day, effect, 0.01, 5, ['deb12-pv', 'deb12-pvhvm'])],
    ended: completed,
  });
  const one = renamed(planned, benchmark);
  const startedAt = new Date(Date.UTC(2026, 10, day, 20)).toISOString();
  return {
    ...one,
    id: run.id ?? `experiment-${day}`,
    startedAt,
    plan: {
      ...one.plan,
      benchmarks: one.plan.benchmarks.map((ref) => ({ ...ref, ...(parameters ? { parameters } : {}) })),
    },
    trials: one.trials.map((record) => ({ ...record, stdout })),
  };
}

const entryOf = (one: Experiment): TrendEntry => trendEntry(`/lab/${one.label}.guestbench`, one);
const trendOf = (runs: readonly Run[], choice: TrendChoice = {}) =>
  trendModel('results', runs.map(made).map(entryOf), [], choice);
const pv: TrendChoice = { subject: 'guest:deb12-pv' };

describe('the key of a subject', () => {
  it('is that of no other one', () => {
    const key = (candidate: string, baseline: string) =>
      subjectKey({ kind: 'speedup', by: 'guest', baseline, candidate });
    expect(key('a', 'b')).toBe('guest:a/b');
    const keys = [key('a/b', 'c'), key('a', 'b/c'), key('a%2Fb', 'c'), key('a', 'b%2Fc')];
    expect(new Set(keys).size).toBe(4);
  });
});

describe('an entry of a trend', () => {
  it('holds the means, extremes and versions of each guest, without warm-ups', () => {
    const one = made({ day: 2, stdout: 'guestbench: version=3.40.1\nguestbench: tool=ab 2.3 \n' });
    const { metrics, guests, hasEnded } = entryOf(one);
    const [metric] = metrics;
    expect(hasEnded).toBe(true);
    expect(guests.map(({ name, mode, host }) => [name, mode, host])).toEqual([
      ['deb12-pv', 'PV', 'lab1'],
      ['deb12-pvhvm', 'PVHVM', 'lab1'],
    ]);
    const own = one.trials
      .filter(({ trial }) => trial.guest === 'deb12-pv' && !trial.warmup)
      .flatMap(({ measurements }) => measurements.map(({ value }) => value));
    const value = metric!.values.find(({ guest }) => guest === 'deb12-pv')!;
    expect(value).toMatchObject({ n: 5, low: Math.min(...own), high: Math.max(...own) });
    expect(value.mean).toBeCloseTo(Math.exp(own.reduce((sum, v) => sum + Math.log(v), 0) / own.length), 9);
    expect(value.versions).toBe('3.40.1, ab 2.3');
  });

  it('has the speedup that the report of the experiment shows', () => {
    const one = made({ day: 2 });
    const comparison = reportModel([one], {}).metrics[0]!.comparisons[0]!;
    expect(entryOf(one).metrics[0]!.pairs).toEqual([
      expect.objectContaining({
        baseline: 'deb12-pv',
        candidate: 'deb12-pvhvm',
        speedup: comparison.speedup,
        interval: comparison.interval,
      }),
    ]);
  });

  it('takes defaults of parameters for what they are', () => {
    const plain = made({ day: 2, benchmark: 'openssl' });
    const { parameters } = entryOf(plain).metrics[0]!;
    expect(Object.keys(parameters)).not.toEqual([]);
    const explicit = made({ day: 2, benchmark: 'openssl', parameters });
    // Text of a number is what the schema refuses, so only texts are given as such.
    const texts = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]),
    );
    const given = {
      ...explicit,
      plan: { ...explicit.plan, benchmarks: [{ id: 'openssl', parameters: texts }] },
    };
    expect(entryOf(given).metrics[0]!.parameters).toEqual(parameters);
  });
});

describe('a trend', () => {
  it('follows one guest in the order of time, however the files come', () => {
    const trend = trendOf([{ day: 9 }, { day: 3 }, { day: 5 }], pv);
    const [line] = trend.lines;
    expect(trend.lines).toHaveLength(1);
    expect(line!.points.map(({ label }) => label)).toEqual(['run 3', 'run 5', 'run 9']);
    expect(line!.points.map(({ apart }) => apart)).toEqual([[], [], []]);
    expect(trend).toMatchObject({ kind: 'value', unit: 's', better: 'lower', leftOut: [] });
    for (const { centre, spread } of line!.points) {
      expect(spread![0]).toBeLessThan(centre);
      expect(spread![1]).toBeGreaterThan(centre);
    }
    expect(trend.headline).toContain('3 points from');
    expect(trend.headline).toContain('2026-11-03');
    expect(trend.headline).toContain('no verdict');
  });

  it('offers the pair, the guests and the modes that are there at least twice', () => {
    const keys = trendOf([{ day: 1 }, { day: 2 }]).subjects.map(({ key }) => key);
    expect(keys).toEqual(
      expect.arrayContaining([
        'guest:deb12-pv',
        'guest:deb12-pvhvm',
        'mode:PV',
        'mode:PVHVM',
        'guest:deb12-pvhvm/deb12-pv',
        'mode:PVHVM/PV',
      ]),
    );
    const alone = trendOf([{ day: 1 }]);
    expect(alone.subjects).toEqual([]);
    expect(alone.headline).toMatch(/^No trend: 1 experiment can be read/);
  });

  it('follows the speedup of a pair with its interval', () => {
    const trend = trendOf(
      [
        { day: 1, effect: 1.1 },
        { day: 2, effect: 1.3 },
      ],
      { subject: 'mode:PVHVM/PV' },
    );
    expect(trend).toMatchObject({ kind: 'speedup', unit: '', better: 'higher' });
    const [first, second] = trend.lines[0]!.points;
    expect(first!.centre).toBeCloseTo(1.1, 1);
    expect(second!.centre).toBeCloseTo(1.3, 1);
    expect(second!.spread![0]).toBeLessThan(second!.centre);
    expect(second!.verdict).toBe('faster');
  });

  it('marks what changed of a guest, and still joins the points', () => {
    const [, second] = trendOf(
      [
        { day: 1, facts: { kernel: '6.1.0-20', vcpus: 2, memoryBytes: 2 * 2 ** 30 } },
        { day: 2, facts: { kernel: '6.1.0-25', vcpus: 4, memoryBytes: 4 * 2 ** 30 } },
      ],
      pv,
    ).lines[0]!.points;
    expect(second!.changes).toEqual([
      'kernel 6.1.0-20 → 6.1.0-25',
      'vCPUs 2 → 4',
      'memory 2.0 GiB → 4.0 GiB',
    ]);
    expect(second!.apart).toEqual([]);
  });

  it('says once what changed of both guests of a pair, and names the one that changed alone', () => {
    const runs = [made({ day: 1 }), made({ day: 2, facts: { kernel: '6.1.0-31' } })];
    const [first, second] = runs.map((one, index) => ({
      ...one,
      facts: one.facts.map((record) =>
        record.guest === 'deb12-pv' && index === 1
          ? { ...record, facts: { ...record.facts, vcpus: 8 } }
          : record,
      ),
    }));
    const trend = trendModel('results', [first!, second!].map(entryOf), [], { subject: 'mode:PVHVM/PV' });
    expect(trend.lines[0]!.points[1]!.changes).toEqual([
      'kernel 6.1.0-28-amd64 → 6.1.0-31',
      'deb12-pv: vCPUs 2 → 8',
    ]);
  });

  it('takes a little less memory for the same size', () => {
    const size = 4 * 2 ** 30;
    const [, second] = trendOf(
      [
        { day: 1, facts: { memoryBytes: size } },
        { day: 2, facts: { memoryBytes: size * 0.97 } },
      ],
      pv,
    ).lines[0]!.points;
    expect(second!.changes).toEqual([]);
  });

  it.each([
    ['another machine', { facts: { machineId: 'other' } }, 'another machine of that name'],
    [
      'another CPU',
      { facts: { cpuModel: 'Ryzen' } },
      'another CPU: Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz → Ryzen',
    ],
    ['another tool', { stdout: 'guestbench: version=2\n' }, 'another version of the tool: unknown → 2'],
  ] as const)('does not join points of %s, and says why', (_, other, why) => {
    const [, second] = trendOf([{ day: 1 }, { day: 2, ...other }], pv).lines[0]!.points;
    expect(second!.apart).toEqual([why]);
  });

  it('does not join guests of which nothing is known', () => {
    const entries = [made({ day: 1 }), made({ day: 2 })].map((one) => entryOf({ ...one, facts: [] }));
    const { lines } = trendModel('results', entries, [], pv);
    expect(lines[0]!.points[1]!.apart).toEqual(['nothing tells that it is the same machine']);
  });

  it('does not join a benchmark that was changed in the lab file', () => {
    const own = (command: string) => ({
      id: 'inserts',
      command,
      metrics: [{ id: 'seconds', unit: 's', better: 'lower' as const, read: { elapsed: true as const } }],
    });
    const entries = [1, 2].map((day) => {
      const one = made({ day });
      return entryOf({ ...one, lab: { ...one.lab, benchmarks: [own(`run ${day}`)] } });
    });
    const { lines } = trendModel('results', entries, [], pv);
    expect(lines[0]!.points[1]!.apart).toEqual(['the benchmark was changed in the lab file in between']);
  });

  it('keeps other parameters and units apart, offers both, and says what was left out', () => {
    const runs: Run[] = [
      { day: 1, benchmark: 'x', parameters: { seconds: 30 } },
      { day: 2, benchmark: 'x', parameters: { seconds: 30 } },
      { day: 3, benchmark: 'x', parameters: { seconds: 60 } },
      { day: 4, benchmark: 'x', parameters: { seconds: 60 } },
      { day: 5, benchmark: 'x', parameters: { seconds: 60 } },
    ];
    const entries = runs.map(made).map(entryOf);
    const usual = trendModel('results', entries, [], { metric: 'x/seconds', subject: 'guest:deb12-pv' });
    expect(usual.metrics.map(({ key, points }) => [key, points])).toEqual([
      ['x/seconds (seconds 60)', 3],
      ['x/seconds (seconds 30)', 2],
    ]);
    expect(usual.metric).toBe('x/seconds (seconds 60)');
    expect(usual.leftOut).toEqual([
      {
        reason: 'other parameters, so another workload: seconds 30 instead of 60',
        files: [
          { file: '/lab/run 1.guestbench', label: 'run 1' },
          { file: '/lab/run 2.guestbench', label: 'run 2' },
        ],
      },
    ]);
    const short = trendModel('results', entries, [], { metric: 'x/seconds (seconds 30)' });
    expect(short.lines[0]!.points).toHaveLength(2);
  });

  it('keeps directions apart', () => {
    const lower = (entry: TrendEntry): TrendEntry => ({
      ...entry,
      metrics: entry.metrics.map((metric) => ({ ...metric, better: 'lower' })),
    });
    const higher = (entry: TrendEntry): TrendEntry => ({
      ...entry,
      metrics: entry.metrics.map((metric) => ({ ...metric, better: 'higher' })),
    });
    const [a, b, c, d] = [1, 2, 3, 4].map((day) => entryOf(made({ day, benchmark: 'x' })));
    const { metrics } = trendModel('results', [lower(a!), lower(b!), higher(c!), higher(d!)], [], pv);
    expect(metrics.map(({ key }) => key)).toEqual([
      'x/seconds (lower is better)',
      'x/seconds (higher is better)',
    ]);
  });

  it('counts a copied file once, and names files that cannot be read', () => {
    const entries = [made({ day: 1 }), made({ day: 2 }), made({ day: 3, id: 'experiment-1' })].map(entryOf);
    const unread = [{ file: '/lab/broken.guestbench', label: 'broken', reason: 'line 3 is damaged' }];
    const { lines, leftOut, experiments } = trendModel('results', entries, unread, pv);
    expect(lines[0]!.points).toHaveLength(2);
    expect(experiments).toBe(4);
    expect(leftOut).toEqual([
      {
        reason: 'a copy of an experiment that is in the trend already',
        files: [{ file: '/lab/run 3.guestbench', label: 'run 3' }],
      },
      { reason: 'line 3 is damaged', files: [{ file: '/lab/broken.guestbench', label: 'broken' }] },
    ]);
  });

  it('says why an experiment has no point', () => {
    const other = made({ day: 3, benchmark: 'openssl' });
    const moved = made({ day: 4 });
    const guests = moved.plan.guests.map((guest) => ({
      ...guest,
      name: guest.name.replace('deb12', 'old'),
    }));
    const elsewhere: Experiment = {
      ...moved,
      plan: { ...moved.plan, guests },
      facts: moved.facts.map((one) => ({ ...one, guest: one.guest.replace('deb12', 'old') })),
      trials: moved.trials.map((record) => ({
        ...record,
        trial: { ...record.trial, guest: record.trial.guest.replace('deb12', 'old') },
      })),
    };
    const entries = [made({ day: 1 }), made({ day: 2 }), other, elsewhere].map(entryOf);
    const choice = { metric: 'inserts/seconds', subject: 'guest:deb12-pv' };
    expect(trendModel('results', entries, [], choice).leftOut.map(({ reason }) => reason)).toEqual([
      'it does not have this metric',
      'deb12-pv is not in it',
    ]);
    const byMode = trendModel('results', entries, [], { metric: 'inserts/seconds', subject: 'mode:PV' });
    expect(byMode.lines.map(({ name, points }) => [name, points.length])).toEqual([
      ['deb12-pv', 2],
      ['old-pv', 1],
    ]);
  });

  it('marks imported and published figures, joins them with nothing, and repeats what must be said', () => {
    const imported = (day: number, from: 'phoronix' | 'published'): TrendEntry => {
      const one = made({ day });
      const statement = from === 'published' ? { statement: 'no raw data, no interval' } : {};
      return entryOf({ ...one, imported: { from, ...statement } });
    };
    const entries = [entryOf(made({ day: 1 })), imported(2, 'phoronix'), imported(3, 'published')];
    const trend = trendModel('results', entries, [], pv);
    const points = trend.lines[0]!.points;
    expect(points.map(({ origin }) => origin)).toEqual(['measured', 'imported', 'published']);
    expect(points.slice(1).map(({ apart }) => apart.length)).toEqual([1, 1]);
    expect(trend.notes).toEqual([
      'run 2: imported, so nothing is known of how it was measured',
      'run 3: no raw data, no interval',
    ]);
  });
});
