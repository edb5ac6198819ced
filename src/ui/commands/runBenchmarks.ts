import * as vscode from 'vscode';
import { presets, type Preset } from '../../benchmarks/benchmark';
import { catalogue } from '../../benchmarks/catalogue';
import { createEstimator } from '../../experiment/estimate';
import { planRounds } from '../../experiment/plan';
import { resolveBenchmarks, type PlannedBenchmark } from '../../experiment/prepare';
import type { ExperimentSummary } from '../../experiment/runner';
import type { BenchmarkRef } from '../../model/experiment';
import { UserError } from '../../model/userError';
import { guestsFrom, stringsOf, valueOf } from '../commandArguments';
import { aboutDuration } from '../duration';
import { requireTrust } from '../guestService';
import type { Services } from '../services';
import { findLacks, offerInstall } from './prepareGuest';

/** Below this many compared rounds the design gives no verdict. */
const leastRounds = 4;
const defaultRounds = 5;

/**
 * Runs benchmarks on guests as one experiment. Without arguments it asks; `{ guests, benchmarks, preset, rounds,
 * label, seed }` skips the questions it answers. Resolves when the experiment has ended.
 */
export async function runBenchmarks(
  services: Services,
  ...args: readonly unknown[]
): Promise<ExperimentSummary> {
  requireTrust();
  await services.lab.open();
  const options = args[0];
  const guests = await chooseGuests(services, args);
  const ids = stringsOf(options, 'benchmarks') ?? (await chooseBenchmarks());
  const preset = presetFrom(valueOf(options, 'preset')) ?? (await choosePreset(ids, guests.length));
  const refs = ids.map((id): BenchmarkRef => {
    const benchmark = catalogue.find((candidate) => candidate.id === id);
    return benchmark ? { id, parameters: benchmark.presets[preset] } : { id };
  });
  const planned = resolveBenchmarks(refs, catalogue);
  const rounds = roundsFrom(valueOf(options, 'rounds')) ?? (await chooseRounds(planned, guests));
  // The heading of each trial and the default comparison need the modes.
  await services.guests.refresh(
    guests.filter((name) => services.guests.state(name).kind !== 'ready'),
    'ask',
  );
  const unready = guests.filter((name) => services.guests.state(name).kind === 'error');
  if (unready.length > 0) throw unreachable(services, unready);
  const lacking = await findLacks(services, guests, planned);
  if (lacking.length > 0 && !(await offerInstall(services, lacking, planned))) {
    const lines = lacking.map(
      ({ guest, lacks }) => `${guest}: ${lacks.map(({ title }) => title).join(', ')}`,
    );
    throw new UserError(vscode.l10n.t('Not started; these cannot run yet: {0}', lines.join('; ')));
  }
  const label = valueOf(options, 'label');
  const seed = valueOf(options, 'seed');
  const opened = openWhenThere(services);
  try {
    return await services.experiments.run({
      guests,
      benchmarks: refs,
      rounds,
      ...(typeof label === 'string' ? { label } : {}),
      ...(typeof seed === 'number' ? { seed } : {}),
    });
  } finally {
    opened.dispose();
  }
}

/** Opens the report beside the terminal as soon as the file exists: it fills while the experiment runs. */
function openWhenThere(services: Services): vscode.Disposable {
  const known = new Set(services.experiments.runningNow().map(({ file }) => file));
  const subscription = services.experiments.onDidChange((file) => {
    if (file === undefined || known.has(file) || !services.experiments.isRunning(file)) return;
    known.add(file);
    void vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), 'guestbench.report', {
      preview: false,
      preserveFocus: true,
    });
  });
  return subscription;
}

function unreachable(services: Services, names: readonly string[]): UserError {
  const lines = names.map((name) => {
    const state = services.guests.state(name);
    return state.kind === 'error' ? `${name}: ${state.message}` : name;
  });
  return new UserError(vscode.l10n.t('Not started; not every guest can be reached. {0}', lines.join(' ')));
}

async function chooseGuests(services: Services, args: readonly unknown[]): Promise<readonly string[]> {
  const named = guestsFrom(args);
  if (named) return named;
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

async function chooseBenchmarks(): Promise<readonly string[]> {
  const picked = await vscode.window.showQuickPick(
    catalogue.map((benchmark) => ({
      label: benchmark.title,
      description: benchmark.id,
      detail: benchmark.description,
      id: benchmark.id,
    })),
    {
      title: vscode.l10n.t('Run Benchmarks: Workloads (2/4)'),
      placeHolder: vscode.l10n.t('Choose the workloads'),
      canPickMany: true,
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map((item) => item.id);
}

async function choosePreset(ids: readonly string[], guestCount: number): Promise<Preset> {
  const explain: Record<Preset, string> = {
    quick: vscode.l10n.t('Short runs: to see that all works, and for large differences'),
    standard: vscode.l10n.t('The usual length of each tool'),
    thorough: vscode.l10n.t('Long runs: for small differences on a noisy host'),
  };
  const items = presets.map((preset) => {
    const seconds = ids.reduce((sum, id) => {
      const benchmark = catalogue.find((candidate) => candidate.id === id);
      return sum + (benchmark ? benchmark.estimateSeconds(benchmark.presets[preset]) : 0);
    }, 0);
    return {
      label: preset,
      description: vscode.l10n.t('{0} a round', aboutDuration(seconds * guestCount)),
      detail: explain[preset],
      preset,
    };
  });
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Run Benchmarks: Length (3/4)'),
    placeHolder: vscode.l10n.t('How long is each trial?'),
    ignoreFocusOut: true,
  });
  if (!picked) throw new vscode.CancellationError();
  return picked.preset;
}

async function chooseRounds(
  planned: readonly PlannedBenchmark[],
  guests: readonly string[],
): Promise<number> {
  const refs = guests.map((name) => ({ name }));
  const benchmarks = planned.map(({ benchmark }) => ({ id: benchmark.id }));
  const estimator = createEstimator(refs, (id) => {
    const entry = planned.find(({ benchmark }) => benchmark.id === id);
    return entry ? entry.benchmark.estimateSeconds(entry.parameters) : 60;
  });
  const estimate = (rounds: number): string =>
    aboutDuration(estimator.secondsFor(planRounds(0, refs, benchmarks, rounds)));
  const items: (vscode.QuickPickItem & { rounds: number })[] = [
    {
      rounds: defaultRounds,
      label: String(defaultRounds),
      detail: vscode.l10n.t('Enough for clear differences'),
    },
    {
      rounds: 10,
      label: '10',
      detail: vscode.l10n.t('From here on, single outliers no longer widen the interval'),
    },
    {
      rounds: 20,
      label: '20',
      detail: vscode.l10n.t('The most that a verdict uses: for differences of a few percent'),
    },
    { rounds: 1, label: '1', detail: vscode.l10n.t('A trial run: too few for a verdict') },
  ].map((item) => ({
    ...item,
    label: item.rounds === 1 ? vscode.l10n.t('1 round') : vscode.l10n.t('{0} rounds', item.label),
    description: estimate(item.rounds),
  }));
  const other = { rounds: 0, label: vscode.l10n.t('Another number...') };
  const picked = await vscode.window.showQuickPick([...items, other], {
    title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
    placeHolder: vscode.l10n.t('How often is everything repeated? At least {0} for a verdict', leastRounds),
    ignoreFocusOut: true,
  });
  if (!picked) throw new vscode.CancellationError();
  if (picked.rounds > 0) return picked.rounds;
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t('Run Benchmarks: Rounds (4/4)'),
    prompt: vscode.l10n.t('A whole number from 1 to 200'),
    ignoreFocusOut: true,
    validateInput: (value) =>
      isRounds(Number(value)) ? undefined : vscode.l10n.t('Enter a whole number from 1 to 200.'),
  });
  if (typed === undefined) throw new vscode.CancellationError();
  return Number(typed);
}

function isRounds(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 200;
}

function roundsFrom(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && isRounds(value)) return value;
  throw new UserError(vscode.l10n.t('The number of rounds must be a whole number from 1 to 200.'));
}

function presetFrom(value: unknown): Preset | undefined {
  if (value === undefined) return undefined;
  const preset = presets.find((candidate) => candidate === value);
  if (preset) return preset;
  throw new UserError(vscode.l10n.t('The length must be one of {0}.', presets.join(', ')));
}
