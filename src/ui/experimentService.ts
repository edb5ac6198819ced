import { mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { AgreedJob } from '../experiment/leases';
import { LeftLeases } from '../experiment/leftLeases';
import { readExperimentFile } from '../experiment/readExperimentFile';
import type { ExperimentSummary } from '../experiment/runner';
import { Disposable } from '../model/disposable';
import type { Experiment, Plan } from '../model/experiment';
import { UserError } from '../model/userError';
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
import type { RunMemory } from './runMemory';

/** Views that show times look again after so long. */
const tickMs = 30_000;

/** The experiments of the results folder, and those that run now. */
export class ExperimentService extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<string | undefined>());
  /** The file that changed; undefined: any. */
  readonly onDidChange = this.changed.event;
  private readonly running = new Map<string, ExperimentRun>();
  private tick: NodeJS.Timeout | undefined;
  private readonly files: ExperimentFiles;
  readonly leftLeases: LeftLeases;

  constructor(
    private readonly lab: LabService,
    private readonly guests: GuestService,
    private readonly storageFolder: vscode.Uri,
    private readonly version: string,
    private readonly runs: RunMemory,
    private readonly log: Log,
  ) {
    super();
    this.files = new ExperimentFiles(log);
    this.leftLeases = new LeftLeases(path.join(storageFolder.fsPath, 'leftLeases'));
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
   * Goes on with an experiment that was interrupted or stopped. Resolves when it has ended.
   * @throws UserError when it runs already, cannot be read, or a guest is no longer in the lab.
   */
  async resume(file: string, how: 'resumed' | 'by-itself' = 'resumed'): Promise<ExperimentSummary> {
    requireTrust();
    await this.lab.open();
    if (this.isRunning(file)) throw new UserError(vscode.l10n.t('This experiment is running already.'));
    const { id, label, seed, plan, lab, notes, ended, copied } = await this.read(file);
    if (copied === true) {
      throw new UserError(
        vscode.l10n.t('This is a copy that was imported: only the experiment itself can be gone on with.'),
      );
    }
    if (ended?.reason === 'completed') {
      throw new UserError(vscode.l10n.t('This experiment is complete: there is nothing to go on with.'));
    }
    const { benchmarks, suites } = lab;
    // Where a guest is reached now is known to the lab as it is today; what was planned to the file.
    return this.reserving(plan, () =>
      this.launch({ file, id, label, seed, plan, lab: { ...this.lab.lab, benchmarks, suites }, notes }, how),
    );
  }

  private async launch(start: RunStart, cause: RunCause): Promise<ExperimentSummary> {
    const { file } = start;
    const { openRun } = await import('./experimentRun');
    const run = await openRun(start, cause, {
      ...{ lab: this.lab, guests: this.guests, version: this.version, log: this.log },
      leftLeases: this.leftLeases,
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
    const read = await readExperimentFile(file);
    if (read.status === 'ok') return read.experiment;
    throw new UserError(`${path.basename(file)}: ${read.error}`);
  }

  private noteRunning(): void {
    setContextKey('running', this.running.size > 0);
    clearInterval(this.tick);
    if (this.running.size > 0) this.tick = setInterval(() => this.changed.fire(undefined), tickMs);
    this.changed.fire(undefined);
  }
}
