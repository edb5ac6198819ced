import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import { suites as builtInSuites, type Suite } from '../benchmarks/suites';
import { createEstimator } from '../experiment/estimate';
import { planRounds } from '../experiment/plan';
import type { PlannedBenchmark } from '../experiment/prepare';
import type { BenchmarkRef } from '../model/experiment';
import type { Lab } from '../model/lab';
import { UserError } from '../model/userError';
import { aboutDuration } from './duration';
import type { Services } from './services';

/** Below this many compared rounds the design gives no verdict. */
const leastRounds = 4;
const defaultRounds = 5;
export const mostRounds = 200;

/** The suites that come with the extension and those of the lab file, which win over equal names. */
export function allSuites(lab: Lab): readonly Suite[] {
  const own = Object.entries(lab.suites).map(([id, entries]): Suite => ({
    id,
    title: id,
    description: vscode.l10n.t('From the lab file'),
    benchmarks: entries.map(({ benchmark, as, parameters }) => ({
      id: as ?? benchmark,
      ...(as === undefined ? {} : { benchmark, title: as }),
      ...(parameters ? { parameters } : {}),
    })),
  }));
  return [...own, ...builtInSuites.filter(({ id }) => !own.some((suite) => suite.id === id))];
}

export async function askGuests(services: Services): Promise<readonly string[]> {
  const guests = services.lab.lab.guests;
  if (guests.length === 0) {
    throw new UserError(
      vscode.l10n.t('There is no guest in the lab yet. Add one first (Guestbench: Add Guest).'),
    );
  }
  const items = guests.map((guest) => {
    const state = services.guests.state(guest.name);
    const facts = 'facts' in state ? state.facts : undefined;
    return {
      label: guest.name,
      description: [facts?.mode.mode, guest.host].filter(Boolean).join(' · '),
      picked: guests.length <= 2,
    };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Run Benchmarks: Guests (1/4)'),
    placeHolder: vscode.l10n.t('Choose the guests to compare; one alone is only measured'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map((item) => item.label);
}

/** What was chosen to run: suites bring their parameters, single workloads still need a length. */
export interface Workloads {
  readonly withParameters: readonly BenchmarkRef[];
  readonly ids: readonly string[];
}

type WorkloadItem = vscode.QuickPickItem & { readonly suite?: Suite; readonly benchmark?: string };

export async function askWorkloads(lab: Lab): Promise<Workloads> {
  const suites = allSuites(lab).map((suite): WorkloadItem => ({
    label: suite.title,
    description: suite.benchmarks.map(({ id }) => id).join(', '),
    detail: suite.description,
    suite,
  }));
  const single = benchmarksOf(lab).map((benchmark): WorkloadItem => ({
    label: benchmark.title,
    description: benchmark.id,
    detail: benchmark.description,
    benchmark: benchmark.id,
  }));
  const separator = (label: string): WorkloadItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const picked = await vscode.window.showQuickPick(
    [separator(vscode.l10n.t('Workloads')), ...single, separator(vscode.l10n.t('Suites')), ...suites],
    {
      title: vscode.l10n.t('Run Benchmarks: Workloads (2/4)'),
      placeHolder: vscode.l10n.t('Choose workloads or whole suites'),
      canPickMany: true,
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  const withParameters = withoutRepeats(picked.flatMap(({ suite }) => suite?.benchmarks ?? []));
  const ids = picked.flatMap(({ benchmark }) => (benchmark === undefined ? [] : [benchmark]));
  return { withParameters, ids: ids.filter((id) => !withParameters.some((ref) => ref.id === id)) };
}

/** A benchmark runs once a round, with the parameters named first. */
export function withoutRepeats(refs: readonly BenchmarkRef[]): readonly BenchmarkRef[] {
  return refs.filter((ref, index) => refs.findIndex(({ id }) => id === ref.id) === index);
}

export async function askRounds(
  planned: readonly PlannedBenchmark[],
  guests: readonly string[],
): Promise<number> {
  const refs = guests.map((name) => ({ name }));
  const benchmarks = planned.map(({ benchmark }) => ({ id: benchmark.id }));
  const estimator = createEstimator(refs, (id) => {
    const entry = planned.find(({ benchmark }) => benchmark.id === id);
    return entry ? entry.benchmark.estimateSeconds(entry.parameters) : 60;
  });
  const item = (rounds: number, detail: string) => ({
    rounds,
    label: rounds === 1 ? vscode.l10n.t('1 round') : vscode.l10n.t('{0} rounds', rounds),
    description: aboutDuration(estimator.secondsFor(planRounds(0, refs, benchmarks, rounds))),
    detail,
  });
  const picked = await vscode.window.showQuickPick(
    [
      item(defaultRounds, vscode.l10n.t('Enough for clear differences')),
      item(10, vscode.l10n.t('From here on, single outliers no longer widen the interval')),
      item(20, vscode.l10n.t('The most that a verdict uses: for differences of a few percent')),
      item(1, vscode.l10n.t('A trial run: too few for a verdict')),
      { rounds: 0, label: vscode.l10n.t('Another number...'), description: '', detail: '' },
    ],
    {
      title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
      placeHolder: vscode.l10n.t('How often is everything repeated? At least {0} for a verdict', leastRounds),
      ignoreFocusOut: true,
    },
  );
  if (!picked) throw new vscode.CancellationError();
  if (picked.rounds > 0) return picked.rounds;
  const problem = vscode.l10n.t('Enter a whole number from 1 to {0}.', mostRounds);
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
    prompt: vscode.l10n.t('A whole number from 1 to {0}', mostRounds),
    ignoreFocusOut: true,
    validateInput: (value) => (isRounds(Number(value)) ? undefined : problem),
  });
  if (typed === undefined) throw new vscode.CancellationError();
  return Number(typed);
}

export function isRounds(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= mostRounds;
}
