import { found, passed, unknown, type Side } from './checks';
import { configurationChecks } from './configurationChecks';
import { courseChecks, type ComparedTrials } from './courseChecks';
import { count, listed } from './format';
import type { ComparabilityCheck, ReportWarning, Severity, Weight } from './shape';

/**
 * Everything that could explain a result other than the mode, looked at one by one, whether or not it is there. What
 * blocks: where the two were not measured side by side, where one is another machine (architecture, CPU model, number
 * of vCPUs), and where one did not stay what it is called (mode or kernel changed during the experiment). A difference
 * that only some workloads feel (kernel, memory, file system …) weakens. What comes with the mode itself (the disk's
 * driver) is worth knowing.
 */
export function comparabilityChecks(
  baseline: Side,
  candidate: Side,
  compared: ComparedTrials,
): readonly ComparabilityCheck[] {
  return [
    ...placeChecks(baseline, candidate),
    ...factsChecks(baseline, candidate),
    ...courseChecks(baseline, candidate, compared),
  ];
}

const severities: Readonly<Record<Weight, Severity>> = {
  blocks: 'refusal',
  weakens: 'warning',
  'worth knowing': 'note',
};

/** What the checks found, the gravest first. */
export function warningsOf(checks: readonly ComparabilityCheck[]): readonly ReportWarning[] {
  const order: readonly Severity[] = ['refusal', 'warning', 'note'];
  return checks
    .flatMap(({ id, weight, seen, phrase }): ReportWarning[] =>
      weight === undefined
        ? []
        : [{ id, severity: severities[weight], text: seen, ...(phrase === undefined ? {} : { phrase }) }],
    )
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

export function isRefused(warnings: readonly ReportWarning[]): boolean {
  return warnings.some(({ severity }) => severity === 'refusal');
}

/** Whether the two were measured side by side on one machine. */
function placeChecks(baseline: Side, candidate: Side): ComparabilityCheck[] {
  const [a, b] = [baseline.name, candidate.name];
  const subjects = [...baseline.subjects, ...candidate.subjects];
  const isImported = subjects.some(({ experiment }) => experiment.imported !== undefined);
  if (new Set(subjects.map(({ guest }) => guest.experiment)).size > 1) {
    return [
      found(
        { id: 'experiments', title: 'Measured together', phrase: 'they were not measured side by side' },
        'blocks',
        `${a} and ${b} were measured in different experiments, not side by side, so changes of the host between them cannot be told from a difference of the guests.`,
        'Measure both in one experiment; what each experiment says of itself can be compared.',
      ),
    ];
  }
  if (isImported) {
    return [
      unknown(
        'experiments',
        'Measured together',
        'Imported: nothing tells which runs were made side by side',
      ),
      unknown('hosts', 'Host', 'Imported: nothing tells where the guests ran'),
    ];
  }
  return [
    passed('experiments', 'Measured together', 'In one experiment, block by block'),
    hostCheck(baseline, candidate),
    ...sameMachine(baseline, candidate),
  ];
}

function hostCheck(baseline: Side, candidate: Side): ComparabilityCheck {
  const about = { id: 'hosts', title: 'Host' };
  const hostsOf = ({ subjects }: Side) => [...new Set(subjects.flatMap(({ guest }) => guest.host ?? []))];
  const [hostsA, hostsB] = [hostsOf(baseline), hostsOf(candidate)];
  const hosts = [...new Set([...hostsA, ...hostsB])];
  const nameless = [...baseline.subjects, ...candidate.subjects].filter(
    ({ guest }) => guest.host === undefined,
  );
  const [a, b] = [baseline.name, candidate.name];
  if (hosts.length === 0) {
    return unknown(
      about.id,
      about.title,
      'The lab file names no host: all guests are taken to share one, and run one at a time.',
    );
  }
  const apart = hosts.filter((host) => !hostsA.includes(host) || !hostsB.includes(host));
  if (hosts.length > 1 && (apart.length > 0 || nameless.length > 0)) {
    const single = baseline.subjects.length + candidate.subjects.length === 2;
    const where = single
      ? `${a} runs on host ${listed(hostsA)} and ${b} on host ${listed(hostsB)}: different hosts, so a difference of the hosts cannot be told from a difference of the guests.`
      : `${a} runs on ${listed(hostsA) || 'hosts without a name'} and ${b} on ${listed(hostsB) || 'hosts without a name'}: only where every host has guests of both modes does a difference of the hosts not count as one of the modes.`;
    return found(
      { ...about, phrase: single ? 'they run on different hosts' : 'not every host has guests of both' },
      'blocks',
      where,
      'Compare guests of the same host.',
    );
  }
  if (nameless.length > 0) {
    return found(
      { id: 'host-unnamed', title: about.title, phrase: 'not every host is named' },
      'weakens',
      `The lab file names the host of only ${nameless.length === 1 && baseline.subjects.length + candidate.subjects.length === 2 ? 'one of the two guests' : 'some of the guests'}; the verdicts suppose that all run on ${hosts[0] ?? 'it'}.`,
      'Name the host of every guest in the lab file: guests of one host are measured one at a time.',
    );
  }
  return passed(
    about.id,
    about.title,
    hosts.length === 1
      ? `All on ${hosts[0] ?? ''}`
      : `Each of ${count(hosts.length, 'host')} has guests of both`,
  );
}

/** Two names of one running system, e.g. to try things out. */
function sameMachine(baseline: Side, candidate: Side): ComparabilityCheck[] {
  const boots = ({ subjects }: Side) => subjects.flatMap(({ facts }) => facts?.bootId ?? []);
  const shared = boots(baseline).filter((id) => boots(candidate).includes(id));
  if (shared.length === 0) return [];
  return [
    found(
      { id: 'same-machine', title: 'Two machines', phrase: 'both are the same machine' },
      'worth knowing',
      `${baseline.name} and ${candidate.name} have the same boot id: they are one running system under two names, so every difference is chance or order.`,
      'Fine for a trial run of the method; compare two guests to learn something of them.',
    ),
  ];
}

function factsChecks(baseline: Side, candidate: Side): readonly ComparabilityCheck[] {
  const missing = [baseline, candidate].flatMap(({ name, subjects }) => {
    const without = subjects.filter(({ facts }) => facts === undefined);
    if (without.length === 0) return [];
    return subjects.length === 1 ? [name] : without.map(({ guest }) => guest.key);
  });
  if (missing.length === 0) return configurationChecks(baseline, candidate);
  return [
    found(
      { id: 'facts-missing', title: 'Facts', phrase: `nothing is known of ${listed(missing)}` },
      'weakens',
      `Nothing is known of ${listed(missing)}: no facts were recorded, so the guests may differ in anything.`,
      'Let the guest be probed: an experiment that is run to its end records the facts of each guest.',
    ),
  ];
}

/** What the checks found, for the end of a headline: "one warning: the guests' kernels differ". Empty: nothing weakens. */
export function warningsPhrase(warnings: readonly ReportWarning[]): string {
  const weak = warnings.filter(({ severity }) => severity === 'warning');
  const phrases = [...new Set(weak.map(({ phrase, id }) => phrase ?? id))];
  if (phrases.length === 0) return '';
  if (phrases.length === 1) return `one warning: ${phrases[0] ?? ''}`;
  return `${phrases.length} warnings: ${listed(phrases, 3)}`;
}

/** Why there are no verdicts, in a sentence. Undefined: nothing blocks them. */
export function refusalSentence(
  { candidate, baseline }: { readonly candidate: string; readonly baseline: string },
  warnings: readonly ReportWarning[],
): string | undefined {
  const refusals = warnings.filter(({ severity }) => severity === 'refusal');
  if (refusals.length === 0) return undefined;
  const phrases = refusals.map(({ phrase, id }) => phrase ?? id);
  const [first] = phrases;
  if (first?.startsWith('they ') === true)
    return `No verdict: ${candidate} and ${baseline} ${first.slice(5)}.`;
  return `No verdict on ${candidate} against ${baseline}: ${listed(phrases, 3)}.`;
}
