import * as vscode from 'vscode';
import type { Benchmark } from '../../benchmarks/benchmark';
import { benchmarksOf, definitionOf, ownBenchmarks } from '../../benchmarks/own';
import { checkGuest, resolveBenchmarks, type PlannedBenchmark } from '../../experiment/prepare';
import { openSources, type LocalSources } from '../../experiment/sources';
import { tryOut } from '../../experiment/tryOut';
import { Uploads } from '../../experiment/uploads';
import type { Lab } from '../../model/lab';
import { UserError } from '../../model/userError';
import { Jobs } from '../../ssh/jobs';
import { guestsFrom, pickGuest, valueOf } from '../commandArguments';
import { requireTrust } from '../guestService';
import { messageOf } from '../log';
import type { Services } from '../services';
import { setting } from '../settings';
import { withSources } from '../sourceQuestions';
import { interruptKey, StreamTerminal } from '../streamTerminal';
import { tryLines } from '../tryWords';
import { showQuickPick } from '../visible/questions';

/** How a try ended; undefined: it could not begin, and the terminal says why. */
type Outcome = 'ok' | 'failed' | 'cancelled' | 'lost' | undefined;

/**
 * Runs a benchmark once on a guest and shows what was parsed from what; no experiment is made. `{ guest, benchmark }`
 * skips the questions. Enter in the terminal tries again, with the lab file as it is then.
 */
export async function tryBenchmark(services: Services, ...args: readonly unknown[]): Promise<Outcome> {
  requireTrust();
  await services.lab.reload();
  const [guest] = guestsFrom(args) ?? [await pickGuest(services, vscode.l10n.t('Try Benchmark: Guest'))];
  if (guest === undefined) throw new vscode.CancellationError();
  services.lab.guest(guest);
  const named = valueOf(args[0], 'benchmark');
  const id = typeof named === 'string' ? named : await pickBenchmark(services.lab.lab);
  const session = new Session(services, guest, id);
  return session.attempt();
}

async function pickBenchmark(lab: Lab): Promise<string> {
  const own = ownBenchmarks(lab);
  const item = ({ id, title, description }: Benchmark) => ({
    label: title,
    description: id,
    detail: description,
    id,
  });
  const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator, id: '' });
  const picked = await showQuickPick(
    [
      ...(own.length > 0 ? [separator(vscode.l10n.t('From the lab file')), ...own.map(item)] : []),
      separator(vscode.l10n.t('Built in')),
      ...benchmarksOf(lab)
        .filter(({ id }) => !own.some((benchmark) => benchmark.id === id))
        .map(item),
    ],
    {
      title: vscode.l10n.t('Try Benchmark: Benchmark'),
      placeHolder: vscode.l10n.t('It runs once, and nothing is recorded'),
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.id;
}

/** One terminal, and the tries in it. */
class Session {
  private readonly terminal: StreamTerminal;
  private running: AbortController | undefined;

  constructor(
    private readonly services: Services,
    private readonly guest: string,
    private readonly id: string,
  ) {
    this.terminal = new StreamTerminal(vscode.l10n.t('Try {0} on {1}', id, guest), (keys) =>
      this.onInput(keys),
    );
    this.terminal.show();
  }

  private onInput(keys: string): void {
    if (keys === interruptKey) this.running?.abort();
    else if (keys === '\r' && this.running === undefined) {
      this.attempt().catch((error: unknown) => this.services.log.warn(messageOf(error)));
    }
  }

  /** Shows what goes wrong in the terminal and throws it too. */
  async attempt(): Promise<Outcome> {
    const abort = new AbortController();
    this.running = abort;
    try {
      await this.services.lab.reload();
      return await this.reserved(abort.signal);
    } catch (error) {
      this.terminal.line(messageOf(error));
      throw error;
    } finally {
      this.running = undefined;
      this.terminal.line(vscode.l10n.t('Press Enter to try again, with the lab file as it is then.'));
    }
  }

  /** With the host of the guest taken, as by an experiment. */
  private async reserved(signal: AbortSignal): Promise<Outcome> {
    const { lab, guests, consent } = this.services;
    const benchmarks = benchmarksOf(lab.lab);
    const filled = await withSources([{ id: this.id }], benchmarks, 'attended');
    const { refs, sources } = await openSources(
      filled,
      benchmarks,
      setting('sources'),
      (paths) => consent.confirm(paths),
      signal,
    );
    const [planned] = resolveBenchmarks(refs, benchmarks);
    if (planned === undefined) return undefined;
    const busy = guests.busyOn(lab.guest(this.guest).host);
    if (busy !== undefined) {
      throw new UserError(
        vscode.l10n.t(
          '{0} is running benchmarks, and guests of one host would disturb each other. Try later.',
          busy,
        ),
      );
    }
    guests.setActivity(this.guest, vscode.l10n.t('trying {0}', this.id));
    try {
      return await this.run(planned, sources, signal);
    } finally {
      guests.setActivity(this.guest, undefined);
    }
  }

  private async run(planned: PlannedBenchmark, sources: LocalSources, signal: AbortSignal): Promise<Outcome> {
    const { services, guest, id, terminal } = this;
    const { benchmark } = planned;
    terminal.heading(vscode.l10n.t('{0} on {1}, once; Ctrl+C stops', benchmark.title, guest));
    if (services.lab.isEdited) {
      terminal.line(
        vscode.l10n.t('The lab file has changes that are not saved: what was saved last is tried.'),
      );
    }
    const connect = () => services.guests.connect(guest, 'ask');
    const check = (await checkGuest(await connect(), [planned], signal)).get(benchmark.id);
    if (check !== undefined && check.state !== 'ready') {
      throw new UserError(
        check.state === 'missing'
          ? vscode.l10n.t(
              '{0}: {1} is missing. Prepare Guests installs {2}.',
              guest,
              check.command,
              check.package,
            )
          : `${guest}: ${check.reason}`,
      );
    }
    const uploads = new Uploads({
      sources,
      connect,
      onProgress: ({ name, sentBytes, totalBytes }) => {
        if (sentBytes === totalBytes) terminal.line(vscode.l10n.t('{0} is uploaded.', name));
      },
    });
    const parameters = await uploads.placed(guest, planned, { signal });
    const definition = definitionOf(services.lab.lab, id);
    const end = await tryOut({
      guest,
      planned: { ...planned, parameters },
      jobs: new Jobs(connect),
      connect,
      onOutput: (_stream, chunk) => terminal.output(chunk),
      onNotice: (text) => terminal.line(text),
      signal,
    });
    terminal.heading(vscode.l10n.t('What was parsed from what'));
    terminal.lines(tryLines(end, benchmark, definition));
    return end.outcome;
  }
}
