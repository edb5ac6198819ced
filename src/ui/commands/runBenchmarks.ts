import * as vscode from 'vscode';
import { presets, type Preset } from '../../benchmarks/benchmark';
import { benchmarksOf } from '../../benchmarks/own';
import { resolveBenchmarks } from '../../experiment/prepare';
import type { ExperimentSummary } from '../../experiment/runner';
import { UserError } from '../../model/userError';
import { askLengths, withLengths } from '../askLengths';
import { askRounds, rebootFrom, roundsFrom } from '../askRounds';
import { askBusyGuests } from '../busyGuests';
import { guestsFrom, stringsOf, valueOf } from '../commandArguments';
import { confirmLosses } from '../confirmLosses';
import { requireTrust } from '../guestService';
import { reachGuests } from '../reachGuests';
import { allSuites, askGuests, askWorkloads, withoutRepeats, type Workloads } from '../runQuestions';
import type { Services } from '../services';
import { withSources } from '../sourceQuestions';
import { prepareRun } from './prepareGuest';

/**
 * Runs benchmarks on guests as one experiment. Without arguments it asks; `{ guests, benchmarks, suite, preset,
 * rounds, until, maxMinutes, reboot, label, seed }` skips the questions it answers. Resolves when the experiment has ended.
 */
export async function runBenchmarks(
  services: Services,
  ...args: readonly unknown[]
): Promise<ExperimentSummary> {
  requireTrust();
  await services.lab.open();
  const options = args[0];
  const guests = guestsFrom(args) ?? (await askGuests(services));
  const named = workloadsFrom(services, options);
  const workloads = named ?? (await askWorkloads(services.lab.lab));
  const preset = presetFrom(valueOf(options, 'preset'));
  // Suites that were named in the call are to run as they are.
  const length = preset ?? (named?.ids.length === 0 ? 'as-given' : undefined);
  const chosen =
    length === undefined
      ? await askLengths(services, workloads, guests.length)
      : withLengths(services, workloads, length);
  const person = isWholeCall(args) ? 'unattended' : 'attended';
  const refs = await withSources(chosen, benchmarksOf(services.lab.lab), person);
  const planned = resolveBenchmarks(refs, benchmarksOf(services.lab.lab));
  const repetition = roundsFrom(options) ?? (await askRounds(planned, guests, rebootFrom(options)));
  const reached = await reachGuests(services, guests, person);
  const confirmed = await confirmLosses(services, reached, refs, person);
  const meant = resolveBenchmarks(confirmed, benchmarksOf(services.lab.lab));
  const prepared = await prepareRun(services, reached, meant, person);
  const takeOver = person === 'attended' ? await askBusyGuests(services, prepared.guests) : undefined;
  const label = valueOf(options, 'label');
  const seed = valueOf(options, 'seed');
  const opening = openReportWhenThere(services);
  try {
    return await services.experiments.run({
      guests: prepared.guests,
      benchmarks: confirmed.filter(({ id }) => prepared.benchmarks.includes(id)),
      ...repetition,
      ...(typeof label === 'string' ? { label } : {}),
      ...(typeof seed === 'number' ? { seed } : {}),
      ...(takeOver ? { takeOver } : {}),
    });
  } finally {
    opening.dispose();
  }
}

/** Everything was said in the call: nobody may be there to answer, so what would be asked is an error. */
function isWholeCall(args: readonly unknown[]): boolean {
  const [options] = args;
  const workloads = stringsOf(options, 'benchmarks') ?? stringsOf(options, 'suite');
  return (
    stringsOf(options, 'guests') !== undefined && workloads !== undefined && roundsFrom(options) !== undefined
  );
}

function workloadsFrom(services: Services, options: unknown): Workloads | undefined {
  const ids = stringsOf(options, 'benchmarks') ?? [];
  const names = stringsOf(options, 'suite') ?? [];
  if (ids.length === 0 && names.length === 0) return undefined;
  const suites = allSuites(services.lab.lab);
  const refs = names.flatMap((name) => {
    const suite = suites.find(({ id }) => id === name);
    if (suite) return suite.benchmarks;
    const known = suites.map(({ id }) => id).join(', ');
    throw new UserError(vscode.l10n.t('There is no suite "{0}". Known suites: {1}.', name, known));
  });
  const withParameters = withoutRepeats(refs);
  return { withParameters, ids: ids.filter((id) => !withParameters.some((ref) => ref.id === id)) };
}

/** Opens the report beside the terminal as soon as its file exists: it fills while the experiment runs. */
function openReportWhenThere(services: Services): vscode.Disposable {
  const known = new Set(services.experiments.runningNow().map(({ file }) => file));
  return services.experiments.onDidChange((file) => {
    if (file === undefined || known.has(file) || !services.experiments.isRunning(file)) return;
    known.add(file);
    void vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), 'guestbench.report', {
      preview: false,
      preserveFocus: true,
    });
  });
}

function presetFrom(value: unknown): Preset | undefined {
  if (value === undefined) return undefined;
  const preset = presets.find((candidate) => candidate === value);
  if (preset) return preset;
  throw new UserError(vscode.l10n.t('The length must be one of {0}.', presets.join(', ')));
}
