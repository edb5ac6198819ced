import * as vscode from 'vscode';
import { shownCommands, type InstallPlan, type InstallTrouble } from '../benchmarks/installPlan';
import { installPackages, type InstallOutcome } from '../experiment/installing';
import { UserError } from '../model/userError';
import { messageOf } from './log';
import type { Installable, Preparation } from './preparation';
import type { Services } from './services';
import { StreamTerminal } from './streamTerminal';
import { askSudoPasswords, type SudoPasswords } from './sudoPasswords';
import { showWarningMessage, withProgress } from './visible/messages';
import { paragraphs } from './visibleText';

/**
 * Installs what the guests of a preparation lack: asks once and names every command, asks for passwords of sudo,
 * then goes from guest to guest in a terminal, and checks each again.
 */
export async function installMissing(services: Services, preparation: Preparation): Promise<void> {
  const guests = preparation.installable;
  if (guests.length === 0) return;
  for (const { name } of guests) requireIdle(services, name);
  if (!(await confirmed(guests))) return;
  await preparation.during('installing', async () => {
    const secrets = await askSudoPasswords(services, guests);
    await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Installing packages'),
        cancellable: true,
      },
      async (progress, token) => {
        const cancel = new AbortController();
        token.onCancellationRequested(() => cancel.abort());
        const terminal = new StreamTerminal(vscode.l10n.t('Guestbench: install'));
        terminal.show();
        for (const guest of guests) {
          if (cancel.signal.aborted) break;
          progress.report({ message: guest.name, increment: 100 / guests.length });
          await new GuestInstallation(services, preparation, terminal, secrets, cancel.signal).run(guest);
        }
        terminal.line(
          preparation.isAllReady
            ? vscode.l10n.t('All is ready.')
            : vscode.l10n.t('Not everything is ready yet; the table says what is lacking.'),
        );
      },
    );
  });
}

/** Installing beside a trial would spoil its figures. */
function requireIdle(services: Services, name: string): void {
  const busy = services.guests.busyOn(services.lab.guest(name).host);
  if (busy === undefined) return;
  throw new UserError(
    vscode.l10n.t(
      '{0} is at work, and installing on {1} would disturb it. Wait for it to end, or stop it.',
      busy,
      name,
    ),
  );
}

/** One question for all guests, with every command as it will be run. */
async function confirmed(guests: readonly Installable[]): Promise<boolean> {
  const install = vscode.l10n.t('Install');
  const commands = guests.map(({ name, plan }) => [`${name}:`, ...shownCommands(plan)]);
  const usesApt = guests.some(({ plan }) => plan.install?.includes('apt-get') === true);
  const chosen = await showWarningMessage(
    guests.length === 1
      ? vscode.l10n.t('Install packages on {0}?', guests[0]?.name ?? '')
      : vscode.l10n.t('Install packages on {0} guests?', guests.length),
    {
      modal: true,
      detail: paragraphs([
        ...commands,
        ...(usesApt
          ? [vscode.l10n.t('Where the package lists turn out to be old, "apt-get update" is run as well.')]
          : []),
        vscode.l10n.t('Where one package cannot be had, the others are installed one by one.'),
      ]),
    },
    install,
  );
  return chosen === install;
}

/** The installation on one guest. What goes wrong is said in the terminal and in the panel. */
class GuestInstallation {
  constructor(
    private readonly services: Services,
    private readonly preparation: Preparation,
    private readonly terminal: StreamTerminal,
    private readonly secrets: SudoPasswords,
    private readonly signal: AbortSignal,
  ) {}

  async run({ name, plan }: Installable): Promise<void> {
    const { services, preparation, terminal } = this;
    terminal.heading(vscode.l10n.t('{0}: installing {1}', name, plan.packages.join(', ')));
    services.guests.setActivity(name, vscode.l10n.t('installing packages'));
    preparation.noteActivity(name, vscode.l10n.t('Installing...'));
    let trouble: string | undefined;
    try {
      trouble = await this.install(name, plan);
    } catch (error) {
      trouble = this.signal.aborted ? cancelledText() : messageOf(error);
    } finally {
      services.guests.setActivity(name, undefined);
      preparation.noteActivity(name, '');
    }
    if (trouble !== undefined) {
      services.log.warn(`${name}: ${trouble}`);
      terminal.line(trouble);
    }
    await preparation.checkOne(name);
    if (trouble !== undefined) preparation.noteTrouble(name, trouble);
  }

  /** undefined: it succeeded. */
  private async install(name: string, plan: InstallPlan): Promise<string | undefined> {
    const refusal = this.secrets.refusals.get(name);
    if (refusal !== undefined) return refusal;
    const connection = await this.services.guests.connect(name, 'ask', this.signal);
    const password = this.secrets.passwords.get(name);
    const outcome = await installPackages(connection, {
      plan,
      ...(password === undefined ? {} : { password }),
      onCommand: (shown) => {
        this.services.log.info(`${name}: ${shown}`);
        this.terminal.line(`$ ${shown}`);
      },
      onOutput: (chunk) => this.terminal.output(chunk),
      onLocked: () =>
        this.terminal.line(
          vscode.l10n.t('Another process uses the package manager: waiting, two minutes at most.'),
        ),
      planAnew: () => this.planAnew(name, plan),
      signal: this.signal,
    });
    return troubleText(outcome, plan);
  }

  /** With new lists other names may be right: then the command is another one, and is asked about again. */
  private async planAnew(name: string, before: InstallPlan): Promise<InstallPlan | undefined> {
    const plan = await this.preparation.checkOne(name);
    if (plan?.install?.join(' ') === before.install?.join(' ') || !plan?.install) return plan;
    const user = '';
    return (await confirmed([{ name, user, plan: { ...plan, update: undefined } }])) ? plan : undefined;
  }
}

const cancelledText = (): string =>
  vscode.l10n.t(
    'Cancelled. The command that was running is let finish on the guest, so that no package is left half installed; nothing further was begun.',
  );

function troubleText(outcome: InstallOutcome, plan: InstallPlan): string | undefined {
  if (outcome.state === 'done') return undefined;
  if (outcome.state === 'dropped') return vscode.l10n.t('Nothing was installed.');
  if (outcome.state === 'failed') return reason(outcome.trouble, plan.packages);
  const troubles = new Set(outcome.left.map(({ trouble }) => trouble));
  return [...troubles]
    .map((trouble) =>
      reason(
        trouble,
        outcome.left.filter((left) => left.trouble === trouble).map(({ name }) => name),
      ),
    )
    .concat(vscode.l10n.t('The other packages are installed.'))
    .join(' ');
}

/** What kept these packages from being installed, and what to do next. */
function reason(trouble: InstallTrouble, packages: readonly string[]): string {
  const names = packages.join(' ');
  switch (trouble) {
    case 'offline':
      return vscode.l10n.t(
        'The package manager cannot reach its archive. Bring these packages, with what they depend on, from a mirror or a medium, then check again: {0}',
        names,
      );
    case 'stale':
      return vscode.l10n.t(
        'The archive does not have what its package lists name. Check its mirror: {0}',
        names,
      );
    case 'locked':
      return vscode.l10n.t(
        'Another process uses the package manager and did not end within two minutes. Try again.',
      );
    case 'space':
      return vscode.l10n.t('There is not enough space for the packages.');
    case 'read-only':
      return vscode.l10n.t(
        'A filesystem of the guest is read-only, so nothing can be installed. Mount it writable, then try again.',
      );
    case 'unknown-package':
      return vscode.l10n.t(
        "The guest's archives do not have one of these packages; a further archive may be needed: {0}",
        names,
      );
    case 'dependencies':
      return vscode.l10n.t(
        'These packages need others that cannot be had, or that are held back: {0}. The terminal names them.',
        names,
      );
    case 'interrupted':
      return vscode.l10n.t(
        'An earlier installation was cut off midway. Finish it as the terminal says (on Debian: dpkg --configure -a), then try again.',
      );
    case 'clock':
      return vscode.l10n.t(
        "The archive's lists are out of date, or the guest's clock is wrong. Set the clock or change the mirror, then try again.",
      );
    case 'untrusted':
      return vscode.l10n.t(
        "The signature or certificate of an archive does not pass, so nothing of it is installed. Bring the archive's key to the guest, then try again.",
      );
    case 'other':
      return vscode.l10n.t('Installing failed; the terminal shows why.');
  }
}
