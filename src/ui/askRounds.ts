import * as vscode from 'vscode';
import { createEstimator } from '../experiment/estimate';
import { roughRebootSeconds } from '../experiment/pauses';
import { planRounds } from '../experiment/plan';
import type { PlannedBenchmark } from '../experiment/prepare';
import { maxAnystopBlocks, minBlocks } from '../statistics/compare';
import { UserError } from '../model/userError';
import { valueOf } from './commandArguments';
import { aboutDuration } from './duration';
import { showInputBox, showQuickPick } from './visible/questions';

const defaultRounds = 5;
export const mostRounds = 200;
const mostMinutes = 30 * 24 * 60;

/** How often everything is repeated. */
export interface Repetition {
  /** With `until: 'decided'`, at most so many. */
  readonly rounds: number;
  readonly until?: 'decided';
  readonly maxMinutes?: number;
  /** The guests are rebooted before each compared round. */
  readonly reboot?: 'each-round';
}

const untilDecided: Repetition = { rounds: maxAnystopBlocks, until: 'decided' };

type Reboots = 'never' | 'each-round';
type Item = vscode.QuickPickItem & { readonly choice?: Repetition | 'another' | 'limited' | 'reboot' };

/** Asks for the number of rounds, or to go on until the comparison is decided; and whether guests are rebooted. */
export async function askRounds(
  planned: readonly PlannedBenchmark[],
  guests: readonly string[],
  wished: Reboots = 'never',
): Promise<Repetition> {
  for (let reboots = wished; ; reboots = reboots === 'never' ? 'each-round' : 'never') {
    const picked = await showQuickPick(itemsFor(planned, guests, reboots), {
      title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
      placeHolder: vscode.l10n.t('How often is everything repeated? At least {0} for a verdict', minBlocks),
      ignoreFocusOut: true,
    });
    if (picked?.choice === undefined) throw new vscode.CancellationError();
    if (picked.choice !== 'reboot')
      return {
        ...(await repetitionFrom(picked.choice)),
        ...(reboots === 'never' ? {} : { reboot: reboots }),
      };
  }
}

async function repetitionFrom(choice: Repetition | 'another' | 'limited'): Promise<Repetition> {
  if (choice === 'another') {
    return { rounds: await askNumber(vscode.l10n.t('A whole number from 1 to {0}', mostRounds), mostRounds) };
  }
  if (choice !== 'limited') return choice;
  const prompt = vscode.l10n.t('Minutes after which nothing new begins: 1 to {0}', mostMinutes);
  return { ...untilDecided, maxMinutes: await askNumber(prompt, mostMinutes) };
}

function itemsFor(
  planned: readonly PlannedBenchmark[],
  guests: readonly string[],
  reboots: Reboots,
): readonly Item[] {
  const refs = guests.map((name) => ({ name }));
  const benchmarks = planned.map(({ benchmark }) => ({ id: benchmark.id }));
  const estimator = createEstimator(refs, (id) => {
    const entry = planned.find(({ benchmark }) => benchmark.id === id);
    return entry ? entry.benchmark.estimateSeconds(entry.parameters) : 60;
  });
  const restSeconds = reboots === 'never' ? 0 : roughRebootSeconds * guests.length;
  const time = (rounds: number): string =>
    aboutDuration(estimator.secondsFor(planRounds(0, refs, benchmarks, rounds)) + restSeconds * rounds);
  const item = (rounds: number, detail: string): Item => ({
    choice: { rounds },
    label: rounds === 1 ? vscode.l10n.t('1 round') : vscode.l10n.t('{0} rounds', rounds),
    description: time(rounds),
    detail,
  });
  const range = vscode.l10n.t('{0}, {1} at most', time(minBlocks), time(maxAnystopBlocks));
  const deciding: readonly Item[] = [
    {
      choice: untilDecided,
      label: vscode.l10n.t('Until it is decided'),
      description: range,
      detail: vscode.l10n.t(
        '{0} to {1} rounds: a workload ends as soon as its verdict is certain, or cannot be had',
        minBlocks,
        maxAnystopBlocks,
      ),
    },
    { choice: 'limited', label: vscode.l10n.t('Until it is decided, or the time is up...') },
  ];
  return [
    ...(guests.length > 1 ? deciding : []),
    item(defaultRounds, vscode.l10n.t('Enough for clear differences')),
    item(10, vscode.l10n.t('From here on, single outliers no longer widen the interval')),
    item(maxAnystopBlocks, vscode.l10n.t('The most that a verdict uses: for differences of a few percent')),
    item(1, vscode.l10n.t('A trial run: too few for a verdict')),
    { choice: 'another', label: vscode.l10n.t('Another number...') },
    { label: vscode.l10n.t('Between rounds'), kind: vscode.QuickPickItemKind.Separator },
    rebootItem(reboots),
  ];
}

/** Choosing it turns it over. */
function rebootItem(reboots: Reboots): Item {
  return {
    choice: 'reboot',
    label:
      reboots === 'never'
        ? vscode.l10n.t('Reboot the guests before each round: no')
        : vscode.l10n.t('Reboot the guests before each round: yes'),
    detail: vscode.l10n.t(
      'Else a verdict holds for these boots only. Needs root, or sudo without a password',
    ),
  };
}

async function askNumber(prompt: string, most: number): Promise<number> {
  const typed = await showInputBox({
    title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
    prompt,
    ignoreFocusOut: true,
    validateInput: (value) =>
      isWhole(Number(value), most) ? undefined : vscode.l10n.t('Enter a whole number from 1 to {0}.', most),
  });
  if (typed === undefined) throw new vscode.CancellationError();
  return Number(typed);
}

/** What a call says of reboots between rounds; undefined: nothing. @throws UserError. */
export function rebootFrom(options: unknown): Reboots | undefined {
  const reboot = valueOf(options, 'reboot');
  if (reboot === undefined || reboot === 'never' || reboot === 'each-round') return reboot;
  throw new UserError(vscode.l10n.t('"reboot" must be "never" or "each-round".'));
}

/**
 * What a call says of it: `rounds`, `until: 'decided'`, `maxMinutes`, `reboot`; undefined: neither of the first two.
 * @throws UserError.
 */
export function roundsFrom(options: unknown): Repetition | undefined {
  const rounds = valueOf(options, 'rounds');
  const until = valueOf(options, 'until');
  const maxMinutes = valueOf(options, 'maxMinutes');
  const reboot = rebootFrom(options);
  if (until !== undefined && until !== 'rounds' && until !== 'decided') {
    throw new UserError(vscode.l10n.t('"until" must be "rounds" or "decided".'));
  }
  if (rounds !== undefined && !isRounds(rounds)) {
    throw new UserError(
      vscode.l10n.t('The number of rounds must be a whole number from 1 to {0}.', mostRounds),
    );
  }
  if (maxMinutes !== undefined && !isWhole(maxMinutes, mostMinutes)) {
    throw new UserError(vscode.l10n.t('"maxMinutes" must be a whole number from 1 to {0}.', mostMinutes));
  }
  if (rounds === undefined && until !== 'decided') return undefined;
  return {
    rounds: rounds ?? maxAnystopBlocks,
    ...(until === 'decided' ? { until } : {}),
    ...(maxMinutes === undefined ? {} : { maxMinutes }),
    ...(reboot === 'each-round' ? { reboot } : {}),
  };
}

export function isRounds(value: unknown): value is number {
  return isWhole(value, mostRounds);
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
