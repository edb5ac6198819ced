import * as vscode from 'vscode';
import { presets, type Preset } from '../benchmarks/benchmark';
import { benchmarksOf } from '../benchmarks/own';
import { resolveBenchmarks } from '../experiment/prepare';
import type { BenchmarkRef } from '../model/experiment';
import { aboutDuration } from './duration';
import { editParameters, type Entry, type Purpose } from './parameterEditor';
import { back } from './quickInput';
import type { Workloads } from './runQuestions';
import type { Services } from './services';
import { showQuickPick } from './visible/questions';

/** How long the trials are: as the suites say, or of a preset; or every parameter by itself. */
type Length = Preset | 'as-given' | 'parameters';
type LengthItem = vscode.QuickPickItem & { readonly length?: Length };

const purpose: Purpose = {
  title: (about) => vscode.l10n.t('Run Benchmarks: {0} (3/4)', about),
  get finish() {
    return vscode.l10n.t('Run with These Parameters');
  },
  suite: '',
};

/** Asks for the parameters of what is to run: for a preset, or for each by itself. */
export async function askLengths(
  services: Services,
  workloads: Workloads,
  guestCount: number,
): Promise<readonly BenchmarkRef[]> {
  for (;;) {
    const length = await askLength(services, workloads, guestCount);
    if (length !== 'parameters') return withLengths(services, workloads, length);
    const start = entriesOf(services, withLengths(services, workloads, 'standard'));
    const edited = await editParameters(services, start, purpose);
    if (edited !== back) return edited.map(({ ref, parameters }) => ({ ...ref, parameters }));
  }
}

/** Suites know how long their trials are; for single workloads a preset says it. */
export function withLengths(
  services: Services,
  { withParameters, ids }: Workloads,
  length: Exclude<Length, 'parameters'>,
): readonly BenchmarkRef[] {
  const benchmarks = benchmarksOf(services.lab.lab);
  const preset = length === 'as-given' ? 'standard' : length;
  const single = ids.map((id): BenchmarkRef => {
    const benchmark = benchmarks.find((candidate) => candidate.id === id);
    return benchmark ? { id, parameters: benchmark.presets[preset] } : { id };
  });
  return [...withParameters, ...single];
}

/** Benchmarks with their parameters completed, as the editor wants them. */
export function entriesOf(services: Services, refs: readonly BenchmarkRef[]): readonly Entry[] {
  const planned = resolveBenchmarks(refs, benchmarksOf(services.lab.lab));
  return refs.flatMap((ref, index) => {
    const entry = planned[index];
    return entry === undefined ? [] : [{ ...entry, ref }];
  });
}

async function askLength(services: Services, workloads: Workloads, guestCount: number): Promise<Length> {
  const aRound = (length: Exclude<Length, 'parameters'>) => {
    const entries = entriesOf(services, withLengths(services, workloads, length));
    const seconds = entries.reduce(
      (sum, { benchmark, parameters }) => sum + benchmark.estimateSeconds(parameters),
      0,
    );
    return vscode.l10n.t('{0} a round', aboutDuration(seconds * guestCount));
  };
  const explain: Record<Preset, string> = {
    quick: vscode.l10n.t('Short runs: to see that all works, and for large differences'),
    standard: vscode.l10n.t('The usual length of each tool'),
    thorough: vscode.l10n.t('Long runs: for small differences on a noisy host'),
  };
  const lengths =
    workloads.ids.length === 0
      ? [
          {
            label: vscode.l10n.t('As the Suite Says'),
            description: aRound('as-given'),
            detail: vscode.l10n.t('Every benchmark with the parameters of its suite'),
            length: 'as-given' as const,
          },
        ]
      : presets.map((length) => ({
          label: length,
          description: aRound(length),
          detail: explain[length],
          length,
        }));
  const items: readonly LengthItem[] = [
    ...lengths,
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: vscode.l10n.t('Choose Parameters...'),
      detail: vscode.l10n.t('See and change every parameter of each benchmark, or save them as a suite'),
      length: 'parameters',
    },
  ];
  const picked = await showQuickPick(items, {
    title: vscode.l10n.t('Run Benchmarks: Length (3/4)'),
    placeHolder: vscode.l10n.t('How long is each trial?'),
    ignoreFocusOut: true,
  });
  if (picked?.length === undefined) throw new vscode.CancellationError();
  return picked.length;
}
