import { mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { AgreedJob } from '../experiment/leases';
import { LeftLeases } from '../experiment/leftLeases';
import { readExperimentWhole } from '../experiment/readExperimentFile';
import { requireResumable } from '../experiment/resumable';
import type { ExperimentSummary } from '../experiment/runner';
import type { ConfirmPaths } from '../experiment/sources';
import { StartedExperiments } from '../experiment/startedExperiments';
import { Disposable } from '../model/disposable';
import type { Experiment, GuestRef, Plan } from '../model/experiment';
import { UserError } from '../model/userError';
import { baseName, isLocal, uriOf } from './addresses';
import { readAddress } from './readAddress';
import { setContextKey } from './contextKeys';
import { runningEntry, type ExperimentEntry } from './experimentEntry';
import { ExperimentFiles } from './experimentFiles';
import type { RunOptions } from './experimentPlan';
import type { ExperimentRun, RunCause, RunStart, RunningNow } from './experimentRun';
import type { GuestService } from './guestService';
import { requireTrust } from './guestService';
import type { LabService } from './labService';
import { messageOf, type Log } from './log';
import { resultsFolder } from './resultsFolder';
import { setting } from './settings';
import type { RunMemory } from './runMemory';

/** Views that show times look again after so long. */
const tickMs = 30_000;

/** What a person is asked about files of this computer. */
export interface ExperimentQuestions {
  readonly confirmUploads: ConfirmPaths;
  /** Opens a long text beside a question. */
  readonly showText: (name: string, text: string) => Promise<void>;
}

/** The experiments of the results folder, and those that run now. */
export class ExperimentService extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<string | undefined>());
  /** The file that changed; undefined: any. */
  readonly onDidChange = this.changed.event;
  private readonly running = new Map<string, ExperimentRun>();
  private tick: NodeJS.Timeout | undefined;
  private readonly files: ExperimentFiles;
  readonly leftLeases: LeftLeases;
  /** Those that this computer started, or that a person agreed to. */
  readonly started: StartedExperiments;

  constructor(
    private readonly lab: LabService,
    private readonly guests: GuestService,
    private readonly storageFolder: vscode.Uri,
    private readonly version: string,
    private readonly runs: RunMemory,
    private readonly log: Log,
    private readonly questions: ExperimentQuestions,
  ) {
    super();
    this.files = new ExperimentFiles(log);
    this.leftLeases = new LeftLeases(path.join(storageFolder.fsPath, 'leftLeases'));
    this.started = new StartedExperiments(path.join(storageFolder.fsPath, 'startedExperiments'));
    this.register({
      dispose: () => {
        clearInterval(this.tick);
        for (const run of this.running.values()) run.leave();
      },
    });
  }

  get folder(): string {
    return resultsFolder(this.storageFolder);
  }

  /** The experiments that run now in this window. */
  runningNow(): readonly RunningNow[] {
    return [...this.running.values()].map((run) => run.now());
  }

  isRunning(file: string): boolean {
    return this.running.has(file);
  }

  showTerminal(file: string): void {
    this.running.get(file)?.showTerminal();
  }

  stop(file: string, how: 'now' | 'after-trial'): void {
    const running = this.running.get(file);
    if (!running) throw new UserError(vscode.l10n.t('This experiment is not running.'));
    running.stop(how);
    void this.runs.forget(file).catch((error: unknown) => this.log.error(messageOf(error)));
    this.changed.fire(file);
    this.log.info(`Stopping ${path.basename(file)} (${how})`);
  }

  /** Does not wait any longer for guests out of reach; what runs there may go on. */
  giveUp(file: string): void {
    this.running.get(file)?.giveUp();
    this.log.info(`Stopping ${path.basename(file)} without waiting for guests out of reach`);
  }

  /** Takes a guest from whoever has it; `agreed` is the job that may be ended for it. @throws UserError */
  async takeOver(file: string, guest: string, agreed: AgreedJob): Promise<void> {
    const running = this.running.get(file);
    if (!running) throw new UserError(vscode.l10n.t('This experiment is not running.'));
    await running.takeOver(guest, agreed);
    this.log.info(`${guest} was taken over for ${running.label}`);
  }

  /** All experiment files, newest first. Files that did not change are not read again. */
  async list(): Promise<readonly ExperimentEntry[]> {
    const found = await this.files.list(this.folder, (file) => {
      const running = this.running.get(file);
      return running && runningEntry(file, running);
    });
    setContextKey('experimentsState', found.length === 0 ? 'empty' : 'filled');
    return found;
  }

  /** Fires so that views list the folder again. */
  refresh(): void {
    this.changed.fire(undefined);
  }

  /** Runs an experiment to its end. @throws UserError for a guest, benchmark or parameter that does not fit. */
  async run(options: RunOptions): Promise<ExperimentSummary> {
    requireTrust();
    await this.lab.open();
    const { startOf } = await import('./experimentPlan');
    const start = startOf(this.lab, this.guests, options, this.folder);
    return this.reserving(start.plan, async () => {
      await mkdir(this.folder, { recursive: true });
      return this.launch(start, 'new');
    });
  }

  /** Keeps the hosts of a plan for it alone while it runs. */
  private async reserving<T>(plan: Plan, work: () => Promise<T>): Promise<T> {
    const busy = plan.guests.map(({ host }) => this.guests.busyOn(host)).find((name) => name !== undefined);
    if (busy !== undefined) {
      throw new UserError(
        vscode.l10n.t(
          '{0} is running benchmarks, and guests of one host would disturb each other. Wait for it to end, or stop it.',
          busy,
        ),
      );
    }
    // From here on the hosts are taken; nothing may be awaited between the check above and this.
    for (const guest of plan.guests)
      this.guests.setActivity(guest.name, vscode.l10n.t('waiting for its turn'));
    try {
      return await work();
    } finally {
      for (const guest of plan.guests) this.guests.setActivity(guest.name, undefined);
    }
  }

  /**
   * Goes on with an experiment that was interrupted or stopped. Resolves when it has ended. One that this computer did
   * not start is shown first, with what it would do here, and goes on only when a person agrees.
   * @throws UserError when it runs already, cannot be read, or a guest is no longer in the lab.
   */
  async resume(file: string, how: 'resumed' | 'by-itself' = 'resumed'): Promise<ExperimentSummary> {
    requireTrust();
    await this.lab.open();
    if (this.isRunning(file)) throw new UserError(vscode.l10n.t('This experiment is running already.'));
    const { experiment, content } = await this.readWhole(file);
    requireResumable(experiment);
    if (experiment.ended?.reason === 'completed') {
      throw new UserError(vscode.l10n.t('This experiment is complete: there is nothing to go on with.'));
    }
    // Which machine a guest is, and its host, is known to the lab as it is today; what was planned to the file.
    const guests = experiment.plan.guests.map(({ name, mode }): GuestRef => {
      const { host } = this.lab.guest(name);
      return { name, ...(host === undefined ? {} : { host }), ...(mode === undefined ? {} : { mode }) };
    });
    await this.agreeTo(file, experiment, content, how);
    const { recordedElsewhere } = await import('./foreignExperiment');
    const { id, label, seed, lab } = experiment;
    const names = guests.map(({ name }) => name);
    const notes = [...experiment.notes, ...recordedElsewhere(lab, this.lab.lab, names)];
    const plan = { ...experiment.plan, guests };
    const now = { ...this.lab.lab, benchmarks: lab.benchmarks, suites: lab.suites };
    return this.reserving(plan, () =>
      this.launch({ file, id, label, seed, plan, lab: now, notes, content }, how),
    );
  }

  /** @throws CancellationError or UserError unless this computer started it, or a person agrees to what it does. */
  private async agreeTo(
    file: string,
    experiment: Experiment,
    content: string,
    how: 'resumed' | 'by-itself',
  ): Promise<void> {
    const { id } = experiment;
    if (this.started.knows(id, content)) return;
    if (how === 'by-itself') {
      throw new UserError(
        vscode.l10n.t('This computer did not start it, so it is resumed only when you ask for it.'),
      );
    }
    const { confirmForeign, foreignText } = await import('./foreignExperiment');
    const options = {
      ...{ experiment, lab: this.lab.lab, sources: setting('sources') },
      isIdKnown: this.started.knowsId(id),
    };
    await confirmForeign(options, () =>
      this.questions.showText(`${path.basename(file)}.txt`, foreignText(options)),
    );
    this.log.info(`${file} was not started on this computer; resuming it was agreed to`);
    try {
      this.started.remember(id, content);
    } catch (error) {
      this.log.warn(`${file} is asked about again next time: ${messageOf(error)}`);
    }
  }

  private async launch(start: RunStart, cause: RunCause): Promise<ExperimentSummary> {
    const { file } = start;
    const { openRun } = await import('./experimentRun');
    const run = await openRun(start, cause, {
      ...{ lab: this.lab, guests: this.guests, version: this.version, log: this.log },
      ...{ leftLeases: this.leftLeases, started: this.started },
      confirmUploads: this.questions.confirmUploads,
      onChange: () => this.changed.fire(file),
      onStop: (how) => {
        if (!this.running.has(file)) return;
        if (how === 'now') this.stop(file, 'now');
        else this.giveUp(file);
      },
    });
    this.running.set(file, run);
    await this.runs.note(file);
    this.noteRunning();
    try {
      const summary = await run.toItsEnd();
      // What was left for Resume is still to go on.
      if (summary.reason !== 'left') await this.runs.forget(file);
      run.tellEnd(summary, await this.read(summary.file));
      return summary;
    } catch (error) {
      run.tellFailure(error);
      throw error;
    } finally {
      this.running.delete(file);
      this.noteRunning();
      this.changed.fire(file);
    }
  }

  /** Reads an experiment file. @throws UserError that says what is wrong with it. */
  async read(file: string): Promise<Experiment> {
    const uri = uriOf(file);
    if (isLocal(uri)) return (await this.readWhole(file)).experiment;
    const read = await readAddress(uri);
    if (read.status === 'ok') return read.experiment;
    throw new UserError(`${baseName(uri)}: ${read.error}`);
  }

  /** As `read`, of a file on this computer, with the content of the first line (`contentOf`). */
  async readWhole(file: string): Promise<{ experiment: Experiment; content: string }> {
    const { read, content } = await readExperimentWhole(file);
    if (read.status === 'ok' && content !== undefined) return { experiment: read.experiment, content };
    if (read.status === 'ok') throw new UserError(vscode.l10n.t('{0} is empty.', file));
    throw new UserError(`${path.basename(file)}: ${read.error}`);
  }

  private noteRunning(): void {
    setContextKey('running', this.running.size > 0);
    clearInterval(this.tick);
    if (this.running.size > 0) this.tick = setInterval(() => this.changed.fire(undefined), tickMs);
    this.changed.fire(undefined);
  }
}
