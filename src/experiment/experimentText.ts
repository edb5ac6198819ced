import type { Experiment, ExperimentEvent, RebootRecord, TrialRecord } from '../model/experiment';

/**
 * An experiment as the text of a file that `readExperiment` reads back. For experiments that were not run here: those
 * that are run write their events one by one.
 */
export function experimentText(experiment: Experiment): string {
  return eventsOf(experiment)
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

function eventsOf(experiment: Experiment): readonly ExperimentEvent[] {
  const {
    format,
    guestbench,
    id,
    label,
    seed,
    plan,
    lab,
    notes,
    imported,
    copied,
    startedAt: at,
  } = experiment;
  const marks = {
    ...(imported === undefined ? {} : { imported }),
    ...(copied === undefined ? {} : { copied }),
  };
  return [
    { at, type: 'experiment', format, guestbench, id, label, seed, plan, lab, notes: [...notes], ...marks },
    ...experiment.facts.map((record) => ({ type: 'facts' as const, evidence: {}, ...record })),
    ...(experiment.quiet ?? []).map((record) => ({ type: 'quiet' as const, ...record })),
    ...(experiment.reboots ?? []).flatMap(rebootEvents),
    ...experiment.trials.flatMap(trialEvents),
    ...experiment.setAside.map((one) => ({ at, type: 'set-aside' as const, ...one })),
    ...(experiment.settled ?? []).map((one) => ({ at, type: 'settled' as const, ...one })),
    ...(experiment.ended === undefined ? [] : [{ type: 'ended' as const, ...experiment.ended }]),
  ];
}

function rebootEvents(record: RebootRecord): readonly ExperimentEvent[] {
  const { guest, round, startedAt, endedAt, state, bootIdBefore, bootIdAfter, durationMs, reason } = record;
  const common = { type: 'reboot' as const, guest, round };
  const before = bootIdBefore === undefined ? {} : { bootId: bootIdBefore };
  const begun = { ...common, at: startedAt, phase: 'begun' as const, ...before };
  if (endedAt === undefined || state === 'begun') return [begun];
  return [
    begun,
    {
      ...common,
      at: endedAt,
      phase: state,
      ...(bootIdAfter === undefined ? {} : { bootId: bootIdAfter }),
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(reason === undefined ? {} : { reason }),
    },
  ];
}

function trialEvents(record: TrialRecord): readonly ExperimentEvent[] {
  const { attempt, job = '', startedAt, endedAt, stdout, stderr, missingBytes } = record;
  const trial = record.trial.id;
  const output = (stream: 'stdout' | 'stderr', text: string, missing: number): ExperimentEvent[] => {
    if (text === '' && missing === 0) return [];
    const gap = missing === 0 ? {} : { missingBytes: missing };
    return [{ at: startedAt, type: 'output', trial, stream, text, ...gap }];
  };
  return [
    { at: startedAt, type: 'trial-started', trial, attempt, job },
    ...output('stdout', stdout, missingBytes),
    ...output('stderr', stderr, 0),
    ...(endedAt === undefined ? [] : endEvents(record, endedAt)),
  ];
}

function endEvents(record: TrialRecord, at: string): readonly ExperimentEvent[] {
  const { status, measurements, failed, reason = '', exitCode = null, signal = null } = record;
  const { durationMs, cpu, load, hostLoad } = record;
  const common = {
    at,
    trial: record.trial.id,
    exitCode,
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(load === undefined ? {} : { load }),
    ...(hostLoad === undefined ? {} : { hostLoad }),
  };
  switch (status) {
    case 'running':
      return [];
    case 'ok': {
      const parts = failed === undefined ? {} : { failed };
      return [{ type: 'trial-finished', measurements: [...measurements], ...parts, ...common }];
    }
    case 'failed':
    case 'cancelled':
    case 'lost':
      return [{ type: 'trial-failed', outcome: status, reason, signal, ...common }];
  }
}
