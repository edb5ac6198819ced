import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import { suites as builtInSuites, type Suite } from '../benchmarks/suites';
import type { BenchmarkRef } from '../model/experiment';
import type { Lab } from '../model/lab';
import { UserError } from '../model/userError';
import type { Services } from './services';
import { showQuickPick } from './visible/questions';

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
    const description = [facts?.mode.mode, guest.host].filter(Boolean).join(' · ');
    return {
      label: guest.name,
      description,
      picked: guests.length <= 2,
      name: guest.name,
    };
  });
  const picked = await showQuickPick(items, {
    title: vscode.l10n.t('Run Benchmarks: Guests (1/4)'),
    placeHolder: vscode.l10n.t('Choose the guests to compare; one alone is only measured'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map((item) => item.name);
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
  const picked = await showQuickPick(
    [separator(vscode.l10n.t('Suites')), ...suites, separator(vscode.l10n.t('Workloads')), ...single],
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
