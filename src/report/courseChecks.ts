import type { Facts } from '../model/guest';
import { stealLimitPercent } from '../model/load';
import { found, passed, unknown, type Side, type Subject } from './checks';
import { factsOf } from './facts';
import { count, listed } from './format';
import { loadWarnings } from './load';
import type { ComparabilityCheck, ReportTrial } from './shape';

/** Runnable processes per CPU, averaged over five minutes before the start: more than a quiet guest has. */
const busyLoad = 0.5;

interface Named extends Subject {
  /** In sentences: the side's name where it is one guest, else the guest's own. */
  readonly name: string;
}

/** The trials of each guest, by its key, without warm-ups. */
export type ComparedTrials = ReadonlyMap<string, readonly ReportTrial[]>;

/** What happened to the guests before and during the experiment. */
export function courseChecks(
  baseline: Side,
  candidate: Side,
  compared: ComparedTrials,
): ComparabilityCheck[] {
  const named = [baseline, candidate].flatMap(({ name, subjects }) =>
    subjects.map((subject): Named => ({
      ...subject,
      name: subjects.length === 1 ? name : subject.guest.key,
    })),
  );
  return [
    ...modeChecks(named),
    changeCheck(named, {
      ...{ id: 'mode-changed', title: 'Mode during the experiment' },
      // A look that could not tell the mode is no other mode.
      ...{
        weight: 'blocks',
        what: 'mode',
        of: ({ mode: { mode } }) => (mode === 'unknown' ? undefined : mode),
      },
      advice:
        'Its figures are of two modes under one name. Run the experiment again and leave the guest as it is.',
    }),
    changeCheck(named, {
      ...{ id: 'kernel-changed', title: 'Kernel during the experiment' },
      ...{ weight: 'blocks', what: 'kernel', of: ({ kernel }) => kernel },
      advice:
        'Its figures are of two systems under one name. Run the experiment again, with automatic updates switched off.',
    }),
    changeCheck(named, {
      ...{ id: 'clock-source-changed', title: 'Clock source during the experiment' },
      ...{ weight: 'weakens', what: 'clock source', of: ({ clockSource }) => clockSource },
      advice:
        'The kernel gave its clock source up, as it does when time runs unevenly; programs that often ask for the time became slower then. The kernel’s log says why.',
    }),
    rebootCheck(named),
    backgroundCheck(named),
    stealCheck(named, compared),
    ...loadChecks(named, compared),
  ];
}

/** Whether each guest is in the mode that was expected of it, and how sure that is. */
function modeChecks(named: readonly Named[]): ComparabilityCheck[] {
  const unsure = named.filter(({ guest, facts }) => facts !== undefined && guest.mode === 'unknown');
  const likely = named.filter(({ guest }) => guest.confidence === 'likely' && guest.mode !== 'unknown');
  const others = named.filter(
    ({ guest, facts }) =>
      facts !== undefined &&
      guest.expectedMode !== undefined &&
      guest.mode !== guest.expectedMode &&
      guest.mode !== 'unknown',
  );
  const title = 'Mode';
  if (others.length + unsure.length + likely.length === 0) {
    if (named.some(({ facts }) => facts === undefined))
      return [unknown('mode', title, 'Not known of all guests')];
    const modes = [...new Set(named.map(({ guest }) => guest.mode))];
    const isImported = named.every(({ experiment }) => experiment.imported !== undefined);
    return [
      passed('mode', title, `${isImported ? 'As the source says' : 'Found for certain'}: ${listed(modes)}`),
    ];
  }
  return [
    ...others.map(({ name, guest }) =>
      found(
        { id: 'mode', title, phrase: `a guest is ${guest.mode} instead of ${guest.expectedMode ?? ''}` },
        'weakens',
        `${name} was expected to be ${guest.expectedMode ?? ''}, and the probe found ${guest.mode}. The report goes by the probe.`,
        'Check how the host starts this guest, or correct the mode in the lab file.',
      ),
    ),
    ...(unsure.length === 0
      ? []
      : [
          found(
            { id: 'mode-unknown', title, phrase: 'the mode of a guest is not known' },
            'weakens',
            `The mode of ${listed(unsure.map(({ name }) => name))} could not be determined.`,
            'The guest’s row in the view of guests says what would decide it.',
          ),
        ]),
    ...(likely.length === 0
      ? []
      : [
          found(
            { id: 'mode-likely', title },
            'worth knowing',
            `The mode of ${listed(likely.map(({ name, guest }) => `${name} (${guest.mode})`))} is likely, not certain.`,
            'The guest’s row in the view of guests says what would decide it.',
          ),
        ]),
  ];
}

interface Change {
  readonly id: string;
  readonly title: string;
  readonly weight: 'blocks' | 'weakens';
  readonly what: string;
  readonly of: (facts: Facts) => string | undefined;
  readonly advice: string;
}

/** Whether something stayed what it was through all records of facts of each guest. */
function changeCheck(
  named: readonly Named[],
  { id, title, weight, what, of, advice }: Change,
): ComparabilityCheck {
  const courses = named.map(({ name, guest, experiment }) => {
    const records = factsOf(experiment, guest.name);
    const values = records.flatMap(({ facts }) => of(facts) ?? []);
    return { name, looks: values.length, values: [...new Set(values)] };
  });
  const changed = courses.filter(({ values }) => values.length > 1);
  if (changed.length > 0) {
    const seen = changed.map(({ name, values }) => `the ${what} of ${name} went from ${values.join(' to ')}`);
    return found(
      {
        id,
        title,
        phrase: `the ${what} of ${listed(changed.map(({ name }) => name))} changed during the experiment`,
      },
      weight,
      `During the experiment, ${listed(seen)}.`,
      advice,
    );
  }
  return courses.every(({ looks }) => looks > 1)
    ? passed(id, title, 'The same at the start and later')
    : unknown(id, title, 'Looked at only once so far');
}

/** A boot that was not planned mixes trials of two boots; planned ones are what makes a verdict one on the mode. */
function rebootCheck(named: readonly Named[]): ComparabilityCheck {
  const about = { id: 'reboot', title: 'Reboots', phrase: 'a guest was rebooted' };
  const failed = named.filter(({ guest, experiment }) =>
    (experiment.reboots ?? []).some((reboot) => reboot.guest === guest.name && reboot.state === 'failed'),
  );
  const unplanned = named.filter(({ guest, experiment }) => {
    const planned = (experiment.reboots ?? []).flatMap((reboot) =>
      reboot.guest === guest.name ? (reboot.bootIdAfter ?? []) : [],
    );
    const seen = factsOf(experiment, guest.name)
      .filter(({ when }) => when !== 'reboot')
      .flatMap(({ facts }) => facts.bootId ?? []);
    return new Set(seen.filter((id) => !planned.includes(id))).size > 1;
  });
  if (unplanned.length > 0) {
    return found(
      about,
      'weakens',
      `${listed(unplanned.map(({ name }) => name))} ${unplanned.length === 1 ? 'was' : 'were'} rebooted during the experiment: trials of different boots are mixed.`,
      'Each boot has its own constant offset. Find out why it rebooted and run again, or have all guests rebooted before each round.',
    );
  }
  if (failed.length > 0) {
    return found(
      { ...about, phrase: 'a planned reboot failed' },
      'weakens',
      `Not every planned reboot of ${listed(failed.map(({ name }) => name))} succeeded: some rounds ran on the boot before.`,
      'The log says why; the guest’s user needs the right to reboot it.',
    );
  }
  if (named.some(({ experiment }) => experiment.plan.reboot === 'each-round')) {
    return passed(about.id, about.title, 'Before each round, as planned');
  }
  return named.every(({ facts }) => facts?.bootId !== undefined)
    ? passed(about.id, about.title, 'None was seen')
    : unknown(about.id, about.title, 'The boots of the guests are not known');
}

/** Whether the guests had other things to do when they were to be measured. */
function backgroundCheck(named: readonly Named[]): ComparabilityCheck {
  const about = { id: 'background', title: 'Background load', phrase: 'a guest was busy with other things' };
  const advice =
    'Whatever ran then may have run during trials too. See what it is (ps, systemctl list-timers), stop it, and run again.';
  const waits = named.map(({ name, guest, experiment }) => {
    const own = (experiment.quiet ?? []).filter((record) => record.guest === guest.name);
    const busy = own.filter(({ state }) => state === 'busy');
    const causes = [...new Set(busy.flatMap(({ because }) => because.map(({ what }) => what)))];
    const isSeen = own.length > 0 && own.every(({ state }) => state !== 'unknown');
    return { name, looks: own.length, isSeen, busy: busy.length, causes };
  });
  const busy = waits.filter((wait) => wait.busy > 0);
  if (busy.length > 0) {
    const seen = busy.map(
      ({ name, looks, busy: times, causes }) =>
        `${name} ${times} of ${count(looks, 'time')}${causes.length === 0 ? '' : ` (${listed(causes)})`}`,
    );
    return found(about, 'weakens', `Not quiet when a round began: ${listed(seen)}.`, advice);
  }
  if (waits.every(({ isSeen }) => isSeen)) return passed(about.id, about.title, 'Quiet before each round');
  const loads = named.flatMap(({ name, facts }) => {
    const [, fiveMinutes] = facts?.load ?? [];
    return fiveMinutes === undefined
      ? []
      : [{ name, fiveMinutes, perCpu: fiveMinutes / (facts?.vcpus ?? 1) }];
  });
  const loaded = loads.filter(({ perCpu }) => perCpu > busyLoad);
  if (loaded.length > 0) {
    const seen = loaded.map(({ name, fiveMinutes }) => `${fiveMinutes.toFixed(2)} on ${name}`);
    return found(
      {
        ...about,
        phrase: `${listed(loaded.map(({ name }) => name))} ${loaded.length === 1 ? 'was' : 'were'} busy before the start`,
      },
      'weakens',
      `The load over the five minutes before the start was ${listed(seen)}.`,
      advice,
    );
  }
  return loads.length === named.length
    ? passed(
        about.id,
        about.title,
        `Load before the start at most ${Math.max(...loads.map((one) => one.fiveMinutes)).toFixed(2)}`,
      )
    : unknown(about.id, about.title, 'Not known of all guests');
}

function stealCheck(named: readonly Named[], compared: ComparedTrials): ComparabilityCheck {
  const about = { id: 'steal', title: 'Steal', phrase: 'CPU time went to other guests' };
  const sides = named.map((one) => {
    const own = compared.get(one.guest.key) ?? [];
    const shares = own.map(({ stealPercent }) => stealPercent).filter((share) => share !== undefined);
    const over = shares.filter((share) => share > stealLimitPercent).length;
    const worst = shares.reduce((most, share) => Math.max(most, share), 0);
    return { name: one.name, trials: own.length, shares, over, worst };
  });
  const bad = sides.filter(({ over }) => over > 0);
  const worst = Math.max(...sides.map((side) => side.worst)).toFixed(1);
  if (bad.length > 0) {
    const seen = bad.map(
      ({ name, over, trials: all, worst: most }) =>
        `${over} of ${count(all, 'trial')} of ${name} (up to ${most.toFixed(1)} %)`,
    );
    return found(
      about,
      'weakens',
      `In ${listed(seen)}, more than ${stealLimitPercent} % of the CPU time went to other guests (steal).`,
      'The host had more to do than CPUs. Stop other guests, or pin these to CPUs of their own, and run again.',
    );
  }
  return sides.every(({ shares }) => shares.length > 0)
    ? passed(about.id, about.title, `At most ${worst} % of the CPU time`)
    : unknown(about.id, about.title, 'Not counted in all guests');
}

const loadTitles = {
  'memory-pressure': {
    title: 'Memory pressure',
    phrase: 'a guest was short of memory',
    advice: 'Give the guests more memory, or make the workload smaller.',
    fine: 'No trial waited for memory',
  },
  'busy-host': {
    title: 'Other domains',
    phrase: 'other domains of the host were busy',
    advice: 'Stop the other guests of the host while you measure, and run again.',
    fine: 'The other domains of the host were idle',
  },
} as const;

function loadChecks(named: readonly Named[], compared: ComparedTrials): ComparabilityCheck[] {
  const trials = named.map(({ guest }) => compared.get(guest.key) ?? []);
  const warnings = named.flatMap((one, index) => loadWarnings(one.name, trials[index] ?? []));
  const looked = {
    'memory-pressure': trials.every((own) =>
      own.some(
        ({ load }) =>
          load?.maximumMemoryPressurePercent !== undefined || load?.swappedPagesPerSecond !== undefined,
      ),
    ),
    'busy-host': trials.every((own) => own.some(({ load }) => load?.host !== undefined)),
  };
  return (['memory-pressure', 'busy-host'] as const).map((id) => {
    const { title, phrase, advice, fine } = loadTitles[id];
    const texts = warnings.filter((warning) => warning.id === id).map(({ text }) => text);
    if (texts.length > 0) return found({ id, title, phrase }, 'weakens', texts.join(' '), advice);
    return looked[id] ? passed(id, title, fine) : unknown(id, title, 'Not recorded');
  });
}
