import * as vscode from 'vscode';
import { benchmarksOf } from '../../benchmarks/own';
import { resolveBenchmarks, type PlannedBenchmark } from '../../experiment/prepare';
import { fillSources } from '../../experiment/sources';
import { UserError } from '../../model/userError';
import { guestsFrom, pickGuests, stringsOf } from '../commandArguments';
import { requireTrust } from '../guestService';
import { Preparation } from '../preparation';
import { PreparePanel } from '../preparePanel';
import type { Services } from '../services';
import { setting } from '../settings';
import { withProgress } from '../visible/messages';

/** The table a person opened last: the next one takes its place. Tables that a run waits for stay. */
let shown: PreparePanel | undefined;

/** Shows which benchmarks can run on which guests, and installs what is missing, naming the exact commands. */
export async function prepareGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? (await pickGuests(services, vscode.l10n.t('Prepare Guests: Guests')));
  for (const name of names) services.lab.guest(name);
  const benchmarks = benchmarksOf(services.lab.lab);
  const ids = benchmarksFrom(args) ?? benchmarks.map((benchmark) => benchmark.id);
  const refs = ids.map((id) => ({ id }));
  const planned = resolveBenchmarks(fillSources(refs, benchmarks, setting('sources')), benchmarks);
  const preparation = new Preparation(services.guests, names, planned, 'prepare');
  shown?.close();
  shown = new PreparePanel(services, preparation, 'prepare');
  await preparation.check();
}

/** The guests and benchmarks that a run can go on with. */
export interface Prepared {
  readonly guests: readonly string[];
  /** Ids in the plan. */
  readonly benchmarks: readonly string[];
}

/**
 * Makes sure that every benchmark can run on every guest. Otherwise an `attended` run waits, at a table, until the
 * person has installed what is missing, or goes on without it; an `unattended` one does not begin.
 * @throws UserError that says for each guest what it lacks; CancellationError when the person closes the table.
 */
export async function prepareRun(
  services: Services,
  guests: readonly string[],
  planned: readonly PlannedBenchmark[],
  person: 'attended' | 'unattended',
): Promise<Prepared> {
  const preparation = new Preparation(services.guests, guests, planned, 'run');
  await withProgress(
    { location: { viewId: 'guestbench.guests' }, title: vscode.l10n.t('Checking guests') },
    () => preparation.check(),
  );
  const all: Prepared = { guests, benchmarks: planned.map(({ benchmark }) => benchmark.id) };
  if (preparation.isAllReady || person === 'unattended') {
    const lines = preparation.lackLines;
    preparation.dispose();
    if (lines.length === 0) return all;
    throw new UserError(vscode.l10n.t('Not started; some guests are not ready.\n{0}', lines.join('\n')));
  }
  const outcome = await new PreparePanel(services, preparation, 'run').outcome;
  if (outcome === 'cancelled') throw new vscode.CancellationError();
  return outcome === 'all' ? all : outcome;
}

function benchmarksFrom(args: readonly unknown[]): readonly string[] | undefined {
  const named = stringsOf(args[0], 'benchmarks');
  if (named) return named;
  const lack = (args[0] as { lack?: { benchmark?: unknown } } | undefined)?.lack?.benchmark;
  return typeof lack === 'string' ? [lack] : undefined;
}
