import { randomInt } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import type { AgreedJob } from '../experiment/leases';
import { planRounds } from '../experiment/plan';
import { fillSources, requireSources } from '../experiment/sources';
import type { BenchmarkRef, GuestRef, Plan } from '../model/experiment';
import { UserError } from '../model/userError';
import { isRounds, mostRounds } from './askRounds';
import type { RunStart } from './experimentRun';
import type { GuestService } from './guestService';
import type { LabService } from './labService';
import { experimentFileName } from './resultsFolder';
import { setting } from './settings';

/** What is asked for. */
export interface RunOptions {
  /** Names of guests of the lab. */
  readonly guests: readonly string[];
  readonly benchmarks: readonly BenchmarkRef[];
  /** Compared blocks per benchmark; a warm-up comes on top. */
  readonly rounds: number;
  /** `decided`: a benchmark ends as soon as its comparisons are decided; `rounds` are the most then. */
  readonly until?: 'rounds' | 'decided';
  /** No block begins after so many minutes. */
  readonly maxMinutes?: number;
  /** `each-round`: the guests are rebooted before each compared round. */
  readonly reboot?: 'never' | 'each-round';
  readonly label?: string;
  /** For a repeatable order; random by default. */
  readonly seed?: number;
  /** Guests to be taken from whoever has them, with the job that may be ended for it. */
  readonly takeOver?: ReadonlyMap<string, AgreedJob>;
}

/**
 * A new experiment in a file of `folder`, as a call asks for it.
 * @throws UserError for a guest, benchmark or parameter that does not fit.
 */
export function startOf(
  lab: LabService,
  states: GuestService,
  options: RunOptions,
  folder: string,
): RunStart {
  const { plan, seed } = planOf(lab, states, options);
  const started = new Date();
  const label = options.label ?? defaultLabel(plan);
  const { takeOver } = options;
  return {
    file: path.join(folder, experimentFileName(started, label)),
    id: `${started.getTime().toString(36)}-${seed.toString(36)}`,
    ...{ label, seed, plan, lab: lab.lab, notes: notesOf(states, plan) },
    ...(takeOver ? { takeOver } : {}),
  };
}

/** With its order, drawn from the seed. */
function planOf(lab: LabService, states: GuestService, options: RunOptions): { plan: Plan; seed: number } {
  if (options.guests.length === 0) throw new UserError(vscode.l10n.t('Choose at least one guest.'));
  if (options.benchmarks.length === 0) throw new UserError(vscode.l10n.t('Choose at least one benchmark.'));
  if (!isRounds(options.rounds)) {
    throw new UserError(
      vscode.l10n.t('The number of rounds must be a whole number from 1 to {0}.', mostRounds),
    );
  }
  const guests = [...new Set(options.guests)].map((name): GuestRef => {
    const guest = lab.guest(name);
    return {
      name,
      ...(guest.host === undefined ? {} : { host: guest.host }),
      ...(guest.mode === undefined ? {} : { mode: guest.mode }),
    };
  });
  const seed = options.seed ?? randomInt(2 ** 31);
  const known = benchmarksOf(lab.lab);
  const benchmarks = fillSources(options.benchmarks, known, setting('sources')).map((ref) => ({ ...ref }));
  requireSources(benchmarks, known);
  return {
    seed,
    plan: {
      guests,
      benchmarks,
      rounds: options.rounds,
      ...(options.until === undefined ? {} : { until: options.until }),
      ...(options.maxMinutes === undefined ? {} : { maxMinutes: options.maxMinutes }),
      ...(options.reboot === undefined ? {} : { reboot: options.reboot }),
      ...quietPlan(setting('quietSeconds')),
      ...baselineOf(states, guests),
      trials: planRounds(seed, guests, benchmarks, options.rounds),
      statistics: { plan: 'anystop', alpha: 0.05, margin: setting('equivalenceMargin'), maxBlocks: 20 },
    },
  };
}

/** PV where the modes differ, as the report has it: what decides when to end must be what is reported. */
function baselineOf(states: GuestService, guests: readonly GuestRef[]): { baseline?: string } {
  const modes = guests.map(({ name }) => modeOf(states, name));
  const baseline = guests[new Set(modes).size > 1 ? Math.max(0, modes.indexOf('PV')) : 0];
  return baseline === undefined ? {} : { baseline: baseline.name };
}

/** What a reader of the report must know: guests that turn out to be one and the same machine. */
function notesOf(states: GuestService, plan: Plan): string[] {
  const byBoot = new Map<string, string[]>();
  for (const { name } of plan.guests) {
    const state = states.state(name);
    const bootId = 'facts' in state ? state.facts.bootId : undefined;
    if (bootId !== undefined) byBoot.set(bootId, [...(byBoot.get(bootId) ?? []), name]);
  }
  return [...byBoot.values()]
    .filter((names) => names.length > 1)
    .map((names) =>
      vscode.l10n.t(
        '{0} are one and the same machine: the honest result is "no difference".',
        names.join(vscode.l10n.t(' and ')),
      ),
    );
}

/** The mode of a guest as far as it was looked at. */
export function modeOf(states: GuestService, name: string): string | undefined {
  const state = states.state(name);
  return 'facts' in state ? state.facts.mode.mode : undefined;
}

/** What an experiment is called that nobody named. */
function defaultLabel(plan: Plan): string {
  const guests = plan.guests.map((guest) => guest.name).join(' vs ');
  const benchmarks =
    plan.benchmarks.length <= 3
      ? plan.benchmarks.map((b) => b.id).join(', ')
      : `${plan.benchmarks.length} benchmarks`;
  return `${guests}: ${benchmarks}`;
}

/** Between rounds a guest has done nothing but what was planned: it needs less patience. */
function quietPlan(startSeconds: number): Pick<Plan, 'quiet'> {
  return startSeconds === 0 ? {} : { quiet: { startSeconds, roundSeconds: startSeconds / 5 } };
}
