// Experiments of any content, for properties: what a file can hold, with texts that mean harm among others.
import fc from 'fast-check';
import type { Experiment, Trial, TrialRecord } from '../../../src/model/experiment';

export const hostileTexts = [
  '<script>alert(1)</script>',
  '</title></style></svg><img src=x onerror=alert(1)>',
  '"><b>&amp;',
  "' onload='x",
  '=HYPERLINK("http://x")',
  '+1',
  '-1',
  '@SUM(A1)',
  "'quoted",
  "'",
  '',
  'null',
  'true',
  '007',
  'a,b;"c"\r\nd\n',
  '\t=1',
  'x\u202eevil\u202c\u2066\u2069\u200f',
  '\u0000\u0007\u001b[31m\u009b',
  '\ufeff',
  '\ud800',
  '＝1+1',
  'שלום 123',
  ']]>',
  '-->',
] as const;

export const anyText = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
/** JSON knows no negative zero. */
const anyNumber = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
  .map((n) => n + 0);
const anyPercent = fc.double({ min: 0, max: 100, noNaN: true }).map((n) => n + 0);
const anyCount = fc.nat({ max: 1000 });
const anyTime = fc
  .integer({ min: 0, max: 4_000_000_000 })
  .map((seconds) => new Date(1000 * seconds).toISOString());
const series = fc.array(anyNumber, { maxLength: 4 });
const key = fc.stringMatching(/^[a-z][a-zA-Z]{0,6}$/);

const measurement = fc.record(
  {
    id: anyText,
    value: anyNumber,
    unit: anyText,
    better: fc.constantFrom('higher' as const, 'lower' as const, 'none' as const),
    samples: series,
    title: anyText,
    primary: fc.boolean(),
    bound: fc.constant('most' as const),
  },
  { requiredKeys: ['id', 'value', 'unit', 'better'] },
);

const load = fc.record(
  {
    intervalMs: anyNumber,
    userPercent: series,
    systemPercent: series,
    iowaitPercent: series,
    stealPercent: series,
    contextSwitchesPerSecond: series,
    interruptsPerSecond: series,
    availableMiB: series,
    memoryPressurePercent: series,
    summary: fc.record(
      {
        contextSwitchesPerSecond: anyNumber,
        interruptsPerSecond: anyNumber,
        minimumAvailableBytes: anyNumber,
        maximumMemoryPressurePercent: anyNumber,
        majorFaultsPerSecond: anyNumber,
        swappedPagesPerSecond: anyNumber,
      },
      { requiredKeys: [] },
    ),
  },
  {
    requiredKeys: ['intervalMs', 'userPercent', 'systemPercent', 'iowaitPercent', 'stealPercent', 'summary'],
  },
);

const hostLoad = fc.record(
  {
    host: anyText,
    domain: anyText,
    intervalMs: anyNumber,
    ownPercent: series,
    dom0Percent: series,
    othersPercent: series,
  },
  { requiredKeys: ['host', 'intervalMs', 'dom0Percent', 'othersPercent'] },
);

const cpu = fc.record({
  userPercent: anyPercent,
  systemPercent: anyPercent,
  iowaitPercent: anyPercent,
  stealPercent: anyPercent,
  idlePercent: anyPercent,
});

const recordRest = fc.record(
  {
    job: anyText,
    startedAt: anyTime,
    endedAt: anyTime,
    status: fc.constantFrom(
      'running' as const,
      'ok' as const,
      'failed' as const,
      'cancelled' as const,
      'lost' as const,
    ),
    reason: anyText,
    measurements: fc.array(measurement, { maxLength: 3 }),
    failed: fc.array(fc.record({ test: anyText, error: anyText }), { maxLength: 2 }),
    exitCode: fc.option(fc.integer({ min: -1, max: 255 }).map((n) => n + 0)),
    signal: fc.option(anyText),
    durationMs: anyNumber,
    cpu,
    load,
    hostLoad,
    stdout: anyText,
    stderr: anyText,
    missingBytes: anyCount,
  },
  { requiredKeys: ['startedAt', 'status', 'measurements', 'stdout', 'stderr', 'missingBytes'] },
);

const facts = fc.record(
  {
    mode: fc.record({
      mode: fc.constantFrom('PV' as const, 'PVHVM' as const, 'HVM' as const, 'unknown' as const),
      confidence: fc.constantFrom('certain' as const, 'likely' as const),
      because: fc.array(anyText, { maxLength: 2 }),
    }),
    kernel: anyText,
    cpuModel: anyText,
    vcpus: anyCount,
    load: fc.tuple(anyPercent, anyPercent, anyPercent),
    mitigations: fc.dictionary(key, anyText, { maxKeys: 3 }),
  },
  { requiredKeys: ['mode', 'mitigations'] },
);

const parameters = fc.dictionary(
  key,
  fc.oneof(anyText, anyNumber, fc.boolean(), fc.array(anyText, { maxLength: 2 })),
  {
    maxKeys: 3,
    noNullPrototype: true,
  },
);

/** With pending trials, repeated attempts, and guests and benchmarks without any trial among them. */
export const anyExperiment: fc.Arbitrary<Experiment> = fc
  .record({
    guests: fc.uniqueArray(anyText, { minLength: 1, maxLength: 3 }),
    benchmarks: fc.uniqueArray(anyText, { minLength: 1, maxLength: 3 }),
  })
  .chain(({ guests, benchmarks }) => {
    const trial = fc.record({
      round: anyCount,
      block: anyCount,
      position: anyCount,
      guest: fc.constantFrom(...guests),
      benchmark: fc.constantFrom(...benchmarks),
      warmup: fc.boolean(),
    });
    const head = fc.record(
      {
        format: fc.constant(1),
        guestbench: anyText,
        id: anyText,
        label: anyText,
        seed: anyCount,
        startedAt: anyTime,
        lab: fc.constant<Experiment['lab']>({
          hosts: [{ name: 'lab1' }],
          guests: [{ name: 'a', address: 'h' }],
          suites: {},
        }),
        notes: fc.array(anyText, { maxLength: 2 }),
        imported: fc.record(
          { from: fc.constant('fio' as const), source: anyText },
          { requiredKeys: ['from'] },
        ),
        facts: fc.array(
          fc.record({
            guest: fc.constantFrom(...guests),
            when: fc.constantFrom('start' as const, 'end' as const),
            at: anyTime,
            facts,
          }),
          { maxLength: 3 },
        ),
        setAside: fc.array(fc.record({ guest: anyText, benchmark: anyText, reason: anyText }), {
          maxLength: 2,
        }),
        settled: fc.array(
          fc.record({ benchmark: anyText, round: anyCount, reason: fc.constant('futile' as const) }),
          { maxLength: 2 },
        ),
        reboots: fc.array(
          fc.record(
            {
              guest: anyText,
              round: anyCount,
              startedAt: anyTime,
              state: fc.constant('done' as const),
              reason: anyText,
            },
            { requiredKeys: ['guest', 'round', 'startedAt', 'state'] },
          ),
          { maxLength: 2 },
        ),
        ended: fc.record(
          { at: anyTime, reason: fc.constant('stopped' as const), message: anyText },
          { requiredKeys: ['at', 'reason'] },
        ),
      },
      {
        requiredKeys: [
          'format',
          'guestbench',
          'id',
          'label',
          'seed',
          'startedAt',
          'lab',
          'notes',
          'facts',
          'setAside',
        ],
      },
    );
    return fc
      .record({
        head,
        trials: fc.array(trial, { maxLength: 6 }),
        runs: fc.array(fc.tuple(anyCount, recordRest), { maxLength: 8 }),
        benchmarks: fc.tuple(
          ...benchmarks.map((id) =>
            fc.record({ id: fc.constant(id), title: anyText, parameters }, { requiredKeys: ['id'] }),
          ),
        ),
        guests: fc.tuple(
          ...guests.map((name) =>
            fc.record({ name: fc.constant(name), host: anyText }, { requiredKeys: ['name'] }),
          ),
        ),
        baseline: fc.option(fc.constantFrom(...guests), { nil: undefined }),
        rounds: anyCount,
      })
      .map((parts) => assembled(parts));
  });

interface Parts {
  readonly head: Omit<Experiment, 'plan' | 'trials'>;
  readonly trials: readonly Omit<Trial, 'id'>[];
  readonly runs: readonly (readonly [number, Omit<TrialRecord, 'trial' | 'attempt'>])[];
  readonly benchmarks: Experiment['plan']['benchmarks'];
  readonly guests: Experiment['plan']['guests'];
  readonly baseline: string | undefined;
  readonly rounds: number;
}

function assembled({ head, trials, runs, benchmarks, guests, baseline, rounds }: Parts): Experiment {
  const planned = trials.map((trial, index): Trial => ({ id: `t${index}`, ...trial }));
  const attempts = new Map<string, number>();
  const records = runs.flatMap(([which, rest]): TrialRecord[] => {
    const trial = planned[which % Math.max(1, planned.length)];
    if (trial === undefined) return [];
    const attempt = (attempts.get(trial.id) ?? 0) + 1;
    attempts.set(trial.id, attempt);
    return [{ ...rest, trial, attempt }];
  });
  return {
    ...head,
    plan: {
      guests: [...guests],
      benchmarks: [...benchmarks],
      rounds,
      trials: planned,
      statistics: { plan: 'anystop', alpha: 0.05, margin: 0.02, maxBlocks: 20 },
      ...(baseline === undefined ? {} : { baseline }),
    },
    trials: records,
  };
}
