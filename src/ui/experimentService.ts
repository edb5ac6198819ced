import { mkdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import { laterBy } from '../experiment/estimate';
import type { AgreedJob, Wait } from '../experiment/leases';
import { LeftLeases } from '../experiment/leftLeases';
import { resolveBenchmarks } from '../experiment/prepare';
import { openSources } from '../experiment/sources';
import {
  ExperimentRunner,
  type ExperimentSummary,
  type Progress,
  type RunnerListener,
  type RunnerOptions,
} from '../experiment/runner';
import { Disposable } from '../model/disposable';
import type { Experiment, Plan } from '../model/experiment';
import { UserError } from '../model/userError';
import { isPassing } from '../ssh/errors';
import type { Target } from '../ssh/transport';
import { activityText } from './activityText';
import { setContextKey } from './contextKeys';
import { endLines } from './endLines';
import { runningEntry, type ExperimentEntry, type RunningExperiment } from './experimentEntry';
import { ExperimentFiles, readExperimentFile } from './experimentFiles';
import { defaultLabel, modeOf, notesOf, planOf, type RunOptions } from './experimentPlan';
import type { GuestService } from './guestService';
import { requireTrust } from './guestService';
import { hostConnector } from './hostConnector';
import type { LabService } from './labService';
import { messageOf, type Log } from './log';
import { experimentFileName, resultsFolder } from './resultsFolder';
import type { RunMemory } from './runMemory';
import { RunTerminal } from './runTerminal';
import { setting } from './settings';
import { plainForTerminal } from './terminalText';
import { waitText, type SeenWait } from './waits';

/** An experiment as it begins or goes on. */
type LaunchOptions = Pick<
  RunnerOptions,
  'file' | 'id' | 'label' | 'seed' | 'plan' | 'lab' | 'notes' | 'takeOver'
>;
/** `by-itself`: no person asked for it, so none is asked anything at its start. */
type Launch = 'new' | 'resumed' | 'by-itself';

interface Running extends RunningExperiment {
  readonly runner: ExperimentRunner;
  readonly terminal: RunTerminal;
  /** Aborted by Stop: what is asked of a person is taken back, and nothing is asked any more. */
  readonly asking: AbortController;
  /** Guests that are waited for as others have them. */
  readonly waits: Map<string, SeenWait>;
  progress: Progress;
  /** When that was so. */
  progressMs: number;
  isStopping: boolean;
}

/** An experiment of this window, as views show it. */
export interface RunningNow {
  readonly file: string;
  readonly label: string;
  /** What is left as of now. */
  readonly progress: Progress;
  readonly waits: ReadonlyMap<string, SeenWait>;
  /** It was told to stop, and is on its way to it. */
  readonly isStopping: boolean;
}

/** Views that show times look again after so long. */
const tickMs = 30_000;

/** The experiments of the results folder, and those that run now. */
export class ExperimentService extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<string | undefined>());
  /** The file that changed; undefined: any. */
  readonly onDidChange = this.changed.event;
  private readonly running = new Map<string, Running>();
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
        // The window closes: what runs on the guests goes on there, and is taken up by Resume.
        clearInterval(this.tick);
        for (const { runner, terminal } of this.running.values()) {
          runner.leave();
          terminal.dispose();
        }
      },
    });
  }

  get folder(): string {
    return resultsFolder(this.storageFolder);
  }

  /** The experiments that run now in this window. */
  runningNow(): readonly RunningNow[] {
    return [...this.running].map(([file, { label, progress, progressMs, waits, isStopping }]) => {
      const left = laterBy(progress.left, (performance.now() - progressMs) / 1000);
      return { file, label, progress: { ...progress, left }, waits, isStopping };
    });
  }

  isRunning(file: string): boolean {
    return this.running.has(file);
  }

  showTerminal(file: string): void {
    this.running.get(file)?.terminal.terminal.show(true);
  }

  stop(file: string, how: 'now' | 'after-trial'): void {
    const running = this.running.get(file);
    if (!running) throw new UserError(vscode.l10n.t('This experiment is not running.'));
    running.runner.stop(how);
    running.isStopping = true;
    void this.runs.forget(file).catch((error: unknown) => this.log.error(messageOf(error)));
    if (how === 'now') running.asking.abort();
    this.changed.fire(file);
    this.log.info(`Stopping ${path.basename(file)} (${how})`);
  }

  /** Does not wait any longer for guests out of reach; what runs there may go on. */
  giveUp(file: string): void {
    this.running.get(file)?.runner.giveUp();
    this.log.info(`Stopping ${path.basename(file)} without waiting for guests out of reach`);
  }

  /** Takes a guest from whoever has it; `agreed` is the job that may be ended for it. @throws UserError */
  async takeOver(file: string, guest: string, agreed: AgreedJob): Promise<void> {
    const running = this.running.get(file);
    if (!running) throw new UserError(vscode.l10n.t('This experiment is not running.'));
    await running.runner.takeOver(guest, agreed);
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
    const { plan, seed } = planOf(this.lab, this.guests, options);
    return this.reserving(plan, () => this.runReserved(options, plan, seed));
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

  private async runReserved(options: RunOptions, plan: Plan, seed: number): Promise<ExperimentSummary> {
    const started = new Date();
    const label = options.label ?? defaultLabel(plan);
    const file = path.join(this.folder, experimentFileName(started, label));
    await mkdir(this.folder, { recursive: true });
    const id = `${started.getTime().toString(36)}-${seed.toString(36)}`;
    const { lab } = this.lab;
    const { takeOver } = options;
    const start = { file, id, label, seed, plan, lab, notes: notesOf(this.guests, plan) };
    return this.launch({ ...start, ...(takeOver ? { takeOver } : {}) }, 'new');
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

  private async launch(start: LaunchOptions, how: Launch): Promise<ExperimentSummary> {
    const { file, label, lab, seed, notes } = start;
    const targets = new Map<string, Target>();
    for (const { name } of start.plan.guests)
      targets.set(name, await this.guests.target(this.lab.guest(name)));
    if (how === 'by-itself') await this.requireNoAnswers([...targets.values()]);
    const benchmarks = benchmarksOf(lab);
    const { refs, sources } = await vscode.window.withProgress(
      { location: { viewId: 'guestbench.guests' }, title: vscode.l10n.t('Reading what is to be uploaded') },
      () => openSources(start.plan.benchmarks, benchmarks, setting('sources')),
    );
    const plan = { ...start.plan, benchmarks: [...refs] };
    const planned = resolveBenchmarks(plan.benchmarks, benchmarks);
    const terminal = new RunTerminal({
      label,
      plan,
      benchmarks: new Map(planned.map(({ benchmark }) => [benchmark.id, benchmark])),
      modeOf: (name) => modeOf(this.guests, name),
      onStop: (how) => {
        if (!this.running.has(file)) return;
        if (how === 'now') this.stop(file, 'now');
        else this.giveUp(file);
      },
    });
    const asking = new AbortController();
    const runner = new ExperimentRunner({
      ...start,
      plan,
      sources,
      version: this.version,
      catalogue: benchmarks,
      connect: (name, signal, how) => {
        const target = targets.get(name);
        if (!target) throw new Error(`${name} is not a guest of this experiment.`);
        if (how === 'booting') return this.guests.connectAnew(target, signal);
        if (asking.signal.aborted) return this.guests.connectTo(target, 'silent', signal);
        const signals = [asking.signal, ...(signal ? [signal] : [])];
        return this.guests.connectTo(target, 'ask', AbortSignal.any(signals));
      },
      connectHost: hostConnector(this.guests),
      leftLeases: this.leftLeases,
      listener: this.listenerFor(file, terminal),
    });
    this.running.set(file, {
      runner,
      terminal,
      label,
      startedAt: new Date().toISOString(),
      plan,
      asking,
      waits: new Map(),
      progress: runner.progress,
      progressMs: performance.now(),
      isStopping: false,
    });
    await this.runs.note(file);
    this.noteRunning();
    this.log.info(`Experiment ${file}: ${plan.trials.length} trials, seed ${seed}, ${how}`);
    const heading =
      how === 'new'
        ? vscode.l10n.t('{0}: {1} trials', label, plan.trials.length)
        : vscode.l10n.t('{0}: resumed', label);
    terminal.header(heading, notes);
    if (how !== 'by-itself') terminal.terminal.show(true);
    try {
      const summary = await (how === 'new' ? runner.run() : runner.resume());
      // What was left for Resume is still to go on.
      if (summary.reason !== 'left') await this.runs.forget(file);
      terminal.finish(endLines(summary, await this.read(summary.file)));
      this.log.info(
        `Experiment ${path.basename(file)} ${summary.reason}: ${summary.ok} ok, ${summary.failed} failed`,
      );
      return summary;
    } catch (error) {
      terminal.finish([plainForTerminal(messageOf(error))]);
      throw error;
    } finally {
      this.running.delete(file);
      this.noteRunning();
      this.changed.fire(file);
    }
  }

  /** @throws UserError when a guest does not let us in without a person. One out of reach is waited for. */
  private async requireNoAnswers(targets: readonly Target[]): Promise<void> {
    await Promise.all(
      targets.map(async (target) => {
        await this.guests.connectTo(target, 'silent').catch((error: unknown) => {
          if (!isPassing(error)) throw new UserError(messageOf(error));
        });
      }),
    );
  }

  private listenerFor(file: string, terminal: RunTerminal): RunnerListener {
    const waiting = vscode.l10n.t('waiting for its turn');
    return {
      onEvent: ({ type }) => {
        const runner = this.running.get(file)?.runner;
        // What was done before is known only now.
        if (type === 'resumed' && runner) this.noteProgress(file, runner.progress);
        else this.changed.fire(file);
      },
      onTrialStart: (trial, progress) => {
        this.noteProgress(file, progress);
        this.guests.setActivity(trial.guest, vscode.l10n.t('running {0}', trial.benchmark));
        terminal.onTrialStart(trial, progress);
      },
      onOutput: (trial, stream, chunk) => terminal.onOutput(trial, stream, chunk),
      onSkipped: (trial, stream, bytes) => terminal.onSkipped(trial, stream, bytes),
      onTrialEnd: (trial, end, progress) => {
        this.noteProgress(file, progress);
        this.guests.setActivity(trial.guest, waiting);
        terminal.onTrialEnd(trial, end);
      },
      onReach: (guest, reason) =>
        this.guests.setActivity(
          guest,
          reason === undefined ? waiting : vscode.l10n.t('out of reach, trying again'),
        ),
      onWait: (guest, wait) => this.noteWait(file, guest, wait, terminal),
      onActivity: (guest, activity) =>
        this.guests.setActivity(guest, activity ? activityText(activity) : waiting),
      onUpload: (progress) => {
        const { guest, name, sentBytes, totalBytes } = progress;
        const percent = Math.floor((100 * sentBytes) / totalBytes);
        this.guests.setActivity(
          guest,
          percent === 100 ? waiting : vscode.l10n.t('receiving {0}, {1} %', name, percent),
        );
        terminal.onUpload(progress);
      },
      onNotice: (text) => {
        this.log.warn(text);
        terminal.onNotice(text);
      },
    };
  }

  /** Reads an experiment file. @throws UserError that says what is wrong with it. */
  read(file: string): Promise<Experiment> {
    return readExperimentFile(file);
  }

  private noteProgress(file: string, progress: Progress): void {
    const running = this.running.get(file);
    if (running) {
      running.progress = progress;
      running.progressMs = performance.now();
    }
    this.changed.fire(file);
  }

  private noteWait(file: string, guest: string, wait: Wait | undefined, terminal: RunTerminal): void {
    const running = this.running.get(file);
    if (!running) return;
    const isNew = wait !== undefined && !running.waits.has(guest);
    if (wait) running.waits.set(guest, { ...wait, seenMs: performance.now() });
    else running.waits.delete(guest);
    const text = wait ? waitText(guest, wait) : undefined;
    if (isNew) this.log.info(`${running.label}: ${text}`);
    terminal.showWait(guest, text);
    const activity = wait
      ? vscode.l10n.t('in use by another controller')
      : vscode.l10n.t('running benchmarks');
    this.guests.setActivity(guest, activity);
    this.changed.fire(file);
  }

  private noteRunning(): void {
    setContextKey('running', this.running.size > 0);
    clearInterval(this.tick);
    if (this.running.size > 0) this.tick = setInterval(() => this.changed.fire(undefined), tickMs);
    this.changed.fire(undefined);
  }
}
