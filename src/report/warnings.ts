import type { Experiment } from '../model/experiment';
import type { Facts } from '../model/guest';
import { differentMitigations, factsOf } from './facts';
import { count, formatBytes, listed } from './format';
import { loadWarnings } from './load';
import type { ReportGuest, ReportTrial, ReportWarning } from './shape';

/** More of the guest's CPU time than this taken by others makes a trial doubtful (docs/STATISTICS.md). */
const stealLimitPercent = 2;
/** Guests of one size report slightly different memory, by mode; more than this is another size. */
const memoryTolerance = 0.05;

export interface Side {
  readonly guest: ReportGuest;
  readonly experiment: Experiment;
  readonly facts: Facts | undefined;
  readonly label: string;
}

/** Everything that stands between a pair of guests and a fair comparison. Refusals come first. */
export function pairWarnings(
  baseline: Side,
  candidate: Side,
  trials: readonly ReportTrial[],
): readonly ReportWarning[] {
  const sides = [baseline, candidate];
  return [
    ...hostWarnings(baseline, candidate),
    ...factWarnings(baseline, candidate),
    ...sides.flatMap(modeWarnings),
    ...sides.flatMap(rebootWarnings),
    ...sides.flatMap((side) => stealWarnings(side, trials)),
    ...sides.flatMap(({ label, guest }) => loadWarnings(label, comparedOf(guest, trials))),
  ];
}

function hostWarnings(a: Side, b: Side): ReportWarning[] {
  const [hostA, hostB] = [a.guest.host, b.guest.host];
  if (a.guest.experiment !== b.guest.experiment) {
    return [
      {
        id: 'experiments',
        severity: 'refusal',
        text: `${a.label} and ${b.label} were measured in different experiments, not side by side, so changes of the host between them cannot be told from a difference of the guests.`,
      },
    ];
  }
  if (hostA !== undefined && hostB !== undefined && hostA !== hostB) {
    return [
      {
        id: 'hosts',
        severity: 'refusal',
        text: `${a.label} runs on host ${hostA} and ${b.label} on host ${hostB}: different hosts, so a difference of the hosts cannot be told from a difference of the guests.`,
      },
    ];
  }
  if (hostA === hostB) return [];
  return [
    {
      id: 'host-unnamed',
      severity: 'warning',
      text: `The lab file names the host of only one of the two guests; the verdicts suppose that both run on ${hostA ?? hostB ?? 'it'}.`,
    },
  ];
}

function factWarnings(a: Side, b: Side): ReportWarning[] {
  const missing = [a, b].filter(({ facts }) => facts === undefined).map(({ label }) => label);
  if (a.facts === undefined || b.facts === undefined) {
    const text = `Nothing is known of ${listed(missing)}: no facts were recorded, so the guests may differ in anything.`;
    return [{ id: 'facts-missing', severity: 'warning', text }];
  }
  const warnings: ReportWarning[] = [];
  const differ = (id: string, what: string, of: (facts: Facts) => string | number | undefined) => {
    const [x, y] = [a.facts, b.facts].map((facts) => (facts === undefined ? undefined : of(facts)));
    if (x === undefined || y === undefined || x === y) return;
    warnings.push({ id, severity: 'warning', text: `${what}: ${a.label} has ${x}, ${b.label} has ${y}.` });
  };
  differ('kernel', 'The kernels differ', ({ kernel }) => kernel);
  differ('distribution', 'The distributions differ', ({ distribution }) => distribution);
  differ('architecture', 'The architectures differ', ({ architecture }) => architecture);
  differ('cpu-model', 'The CPU models differ', ({ cpuModel }) => cpuModel);
  differ('vcpus', 'The numbers of vCPUs differ', ({ vcpus }) => vcpus);
  const [memoryA, memoryB] = [a.facts.memoryBytes, b.facts.memoryBytes];
  if (memoryA !== undefined && memoryB !== undefined) {
    if (Math.abs(memoryA - memoryB) > memoryTolerance * Math.max(memoryA, memoryB)) {
      differ('memory', 'The memory sizes differ', (facts) => formatBytes(facts.memoryBytes ?? 0));
    }
  }
  differ('clock-source', 'The clock sources differ', ({ clockSource }) => clockSource);
  differ('root-disk', 'The root disks differ', ({ rootDisk }) => rootDisk);
  differ('root-filesystem', 'The root file systems differ', ({ rootFilesystem }) => rootFilesystem);
  const mitigations = differentMitigations(a.facts, b.facts);
  if (mitigations.length > 0) {
    const text = `The CPU mitigations differ: ${listed(mitigations)}. That can be part of what a mode costs, or a setting of its own.`;
    warnings.push({ id: 'mitigations', severity: 'warning', text });
  }
  return warnings;
}

function modeWarnings({ guest, label, facts }: Side): ReportWarning[] {
  if (facts === undefined) return [];
  if (guest.expectedMode !== undefined && guest.mode !== guest.expectedMode && guest.mode !== 'unknown') {
    const text = `${label} was expected to be ${guest.expectedMode}, and the probe found ${guest.mode}. The report goes by the probe.`;
    return [{ id: 'mode', severity: 'warning', text }];
  }
  if (guest.mode !== 'unknown') return [];
  return [{ id: 'mode-unknown', severity: 'warning', text: `The mode of ${label} could not be determined.` }];
}

function rebootWarnings({ guest, experiment, label }: Side): ReportWarning[] {
  const boots = new Set(factsOf(experiment, guest.name).flatMap(({ facts }) => facts.bootId ?? []));
  if (boots.size < 2) return [];
  const text = `${label} was rebooted during the experiment: trials of different boots are mixed.`;
  return [{ id: 'reboot', severity: 'warning', text }];
}

function comparedOf({ key }: ReportGuest, trials: readonly ReportTrial[]): ReportTrial[] {
  return trials.filter(({ guest, warmup }) => guest === key && !warmup);
}

function stealWarnings({ guest, label }: Side, trials: readonly ReportTrial[]): ReportWarning[] {
  const own = comparedOf(guest, trials);
  const stolen = own.filter(
    ({ stealPercent }) => stealPercent !== undefined && stealPercent > stealLimitPercent,
  );
  if (stolen.length === 0) return [];
  const worst = Math.max(...stolen.map(({ stealPercent }) => stealPercent ?? 0));
  const text = `In ${stolen.length} of ${count(own.length, 'trial')} of ${label}, more than ${stealLimitPercent} % of its CPU time went to other guests (steal up to ${worst.toFixed(1)} %).`;
  return [{ id: 'steal', severity: 'warning', text }];
}
