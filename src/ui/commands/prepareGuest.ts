import * as vscode from 'vscode';
import { benchmarksOf } from '../../benchmarks/own';
import { checkGuest, installOn, resolveBenchmarks, type PlannedBenchmark } from '../../experiment/prepare';
import { UserError } from '../../model/userError';
import { guestsFrom, pickGuest, stringsOf } from '../commandArguments';
import { requireTrust, type Lack } from '../guestService';
import type { Services } from '../services';
import { StreamTerminal } from '../streamTerminal';

/** Checks which benchmarks can run on guests and offers to install what is missing, naming the exact commands. */
export async function prepareGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const names = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Prepare Guest'))];
  const benchmarks = benchmarksOf(services.lab.lab);
  const ids = benchmarksFrom(args) ?? benchmarks.map((benchmark) => benchmark.id);
  const planned = resolveBenchmarks(
    ids.map((id) => ({ id })),
    benchmarks,
  );
  const lacking = await findLacks(services, names, planned);
  if (lacking.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        '{0}: ready for {1}.',
        names.join(', '),
        planned.map((p) => p.benchmark.title).join(', '),
      ),
    );
    return;
  }
  await offerInstall(services, lacking, planned);
}

/** What one guest lacks. */
export interface GuestLacks {
  readonly guest: string;
  readonly lacks: readonly Lack[];
}

/** Checks guests side by side, shows what is missing in their rows, and returns those that lack something. */
export async function findLacks(
  services: Services,
  names: readonly string[],
  planned: readonly PlannedBenchmark[],
): Promise<readonly GuestLacks[]> {
  const found = await vscode.window.withProgress(
    { location: { viewId: 'guestbench.guests' }, title: vscode.l10n.t('Checking guests') },
    () =>
      Promise.all(
        names.map(async (guest): Promise<GuestLacks> => {
          const checks = await checkGuest(await services.guests.connect(guest, 'ask'), planned);
          const lacks = planned.flatMap(({ benchmark }): Lack[] => {
            const check = checks.get(benchmark.id);
            return check && check.state !== 'ready'
              ? [{ benchmark: benchmark.id, title: benchmark.title, check }]
              : [];
          });
          services.guests.setLacks(guest, lacks);
          return { guest, lacks };
        }),
      ),
  );
  return found.filter(({ lacks }) => lacks.length > 0);
}

/** Asks once, names every command, installs in a terminal. True when nothing is missing any more. */
export async function offerInstall(
  services: Services,
  lacking: readonly GuestLacks[],
  planned: readonly PlannedBenchmark[],
): Promise<boolean> {
  const lines = lacking.flatMap(({ guest, lacks }) =>
    lacks.map(({ title, check }) =>
      check.state === 'missing'
        ? vscode.l10n.t(
            '{0}, {1}: {2}',
            guest,
            title,
            check.install ?? vscode.l10n.t('install {0} by hand', check.package),
          )
        : `${guest}, ${title}: ${check.reason}`,
    ),
  );
  const installable = lacking.some(({ lacks }) =>
    lacks.some(({ check }) => check.state === 'missing' && check.install !== undefined),
  );
  const install = vscode.l10n.t('Install');
  const chosen = await vscode.window.showWarningMessage(
    vscode.l10n.t('Some guests are not ready.'),
    { modal: true, detail: [...new Set(lines)].join('\n') },
    ...(installable ? [install] : []),
  );
  if (chosen !== install) return false;
  const terminal = new StreamTerminal(vscode.l10n.t('Guestbench: install'));
  terminal.show();
  for (const { guest, lacks } of lacking) await installAll(services, guest, lacks, planned, terminal);
  const names = lacking.map(({ guest }) => guest);
  const still = await findLacks(services, names, planned);
  terminal.line(
    still.length === 0 ? vscode.l10n.t('All is ready.') : vscode.l10n.t('Something is still missing.'),
  );
  return still.length === 0;
}

async function installAll(
  services: Services,
  guest: string,
  lacks: readonly Lack[],
  planned: readonly PlannedBenchmark[],
  terminal: StreamTerminal,
): Promise<void> {
  const connection = await services.guests.connect(guest, 'ask');
  const done = new Set<string>();
  for (const { benchmark: id, title, check } of lacks) {
    const entry = planned.find(({ benchmark }) => benchmark.id === id);
    if (!entry || check.state !== 'missing' || check.install === undefined || done.has(check.install))
      continue;
    done.add(check.install);
    terminal.heading(vscode.l10n.t('{0}: installing {1} for {2}', guest, check.package, title));
    const result = await installOn(connection, entry, (chunk) => terminal.output(chunk));
    if (result.code !== 0) {
      throw new UserError(
        result.code === 77
          ? vscode.l10n.t(
              '{0}: installing needs root or passwordless sudo. Run there: {1}',
              guest,
              check.install,
            )
          : vscode.l10n.t('{0}: installing {1} failed; the terminal shows why.', guest, check.package),
      );
    }
  }
}

function benchmarksFrom(args: readonly unknown[]): readonly string[] | undefined {
  const named = stringsOf(args[0], 'benchmarks');
  if (named) return named;
  const lack = (args[0] as { lack?: { benchmark?: unknown } } | undefined)?.lack?.benchmark;
  return typeof lack === 'string' ? [lack] : undefined;
}
