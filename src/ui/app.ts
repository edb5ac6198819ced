import * as path from 'node:path';
import type * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { HostKeys } from '../ssh/hostKeys';
import { ConnectionPool } from '../ssh/pool';
import { ExperimentService } from './experimentService';
import { GuestService } from './guestService';
import { LabService } from './labService';
import type { Log } from './log';
import { VscodePrompter } from './prompter';
import { RefreshTimer } from './refreshTimer';
import type { Reports } from './reports';
import type { Services } from './services';
import { ResumeByItself } from './resumeByItself';
import { RunMemory } from './runMemory';
import { setting } from './settings';
import { StatusBar } from './statusBar';
import { UploadConsent } from './uploadConsent';
import { ExperimentsView } from './views/experimentsView';
import { GuestsView } from './views/guestsView';

/** Everything behind the thin entry point: made when something of Guestbench is first used. */
export class App extends Disposable {
  readonly services: Services;
  readonly guestsView: GuestsView;
  readonly experimentsView: ExperimentsView;
  private readonly timer: RefreshTimer;

  constructor(context: vscode.ExtensionContext, log: Log) {
    super();
    const storage = context.globalStorageUri;
    const prompter = this.register(new VscodePrompter(context.secrets, log));
    const hostKeys = new HostKeys(
      {
        store: path.join(storage.fsPath, 'known_hosts'),
        // Machines that are known by other means, such as the demo lab's.
        extra: (process.env['GUESTBENCH_KNOWN_HOSTS'] ?? '')
          .split(path.delimiter)
          .filter((file) => file !== ''),
      },
      (line) => log.info(line),
    );
    const pool = this.register(
      new ConnectionPool({
        hostKeys,
        readyTimeoutMs: () => setting('connectTimeoutSeconds') * 1000,
        log: (line) => log.debug(line),
      }),
    );
    const lab = this.register(new LabService(storage, log));
    const guests = this.register(new GuestService(lab, pool, prompter, log));
    const version = String((context.extension.packageJSON as { version?: unknown }).version);
    const runs = new RunMemory(context.workspaceState);
    const consent = new UploadConsent(context.workspaceState);
    const experiments = this.register(
      new ExperimentService(lab, guests, storage, version, runs, log, {
        confirmUploads: (paths) => consent.confirm(paths),
        showText: async (name, text) => (await reports()).outputs.showText(name, text),
      }),
    );
    const { extensionUri } = context;
    let loading: Promise<Reports> | undefined;
    const reports = (): Promise<Reports> =>
      (loading ??= import('./reports').then(
        (loaded) => new loaded.Reports({ extensionUri, experiments, log }),
      ));
    this.services = {
      ...{ log, lab, guests, experiments, reports, pool, hostKeys, prompter, consent },
      storageUri: storage,
      extensionUri,
    };
    this.guestsView = this.register(new GuestsView(lab, guests));
    this.experimentsView = this.register(new ExperimentsView(experiments));
    this.timer = this.register(new RefreshTimer(lab, guests));
    this.register(new StatusBar(experiments));
    void this.register(new ResumeByItself(experiments, runs, log)).begin();
  }

  /** Runs a command of the manifest by its id. */
  async run(id: string, args: readonly unknown[]): Promise<unknown> {
    const { commands } = await import('./commands/all');
    const command = commands[id];
    if (!command) throw new Error(`There is no command ${id}.`);
    return command(this.services, ...args);
  }

  /** Tells whether the guests view can be seen: only then are guests asked by themselves. */
  guestsVisible(isVisible: boolean): void {
    this.timer.setVisible(isVisible);
  }
}

export function createApp(context: vscode.ExtensionContext, log: Log): App {
  return new App(context, log);
}
