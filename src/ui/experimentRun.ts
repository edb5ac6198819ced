import * as path from 'node:path';
import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import { laterBy } from '../experiment/estimate';
import type { AgreedJob, Wait } from '../experiment/leases';
import type { LeftLeases } from '../experiment/leftLeases';
import { resolveBenchmarks } from '../experiment/prepare';
import {
  ExperimentRunner,
  type ExperimentSummary,
  type Progress,
  type RunnerListener,
  type RunnerOptions,
} from '../experiment/runner';
import { withOwnPaths } from '../experiment/resumable';
import { openSources, type ConfirmPaths } from '../experiment/sources';
import type { StartedExperiments } from '../experiment/startedExperiments';
import type { Experiment } from '../model/experiment';
import { UserError } from '../model/userError';
import { isPassing } from '../ssh/errors';
import type { Connection, Target } from '../ssh/transport';
import { activityText } from './activityText';
import { endLines } from './endLines';
import type { RunningExperiment } from './experimentEntry';
import { modeOf } from './experimentPlan';
import type { GuestService } from './guestService';
import { hostConnector } from './hostConnector';
import type { LabService } from './labService';
import { messageOf, type Log } from './log';
import { RunTerminal } from './runTerminal';
import { setting } from './settings';
import { plainForTerminal } from './terminalText';
import { waitText, type SeenWait } from './waits';
import { withProgress } from './visible/messages';

/** An experiment as it begins or goes on. */
export type RunStart = Pick<
  RunnerOptions,
  'file' | 'id' | 'label' | 'seed' | 'plan' | 'lab' | 'notes' | 'takeOver' | 'content'
>;
/** `by-itself`: no person asked for it, so none is asked anything at its start. */
export type RunCause = 'new' | 'resumed' | 'by-itself';

export interface RunContext {
  readonly lab: LabService;
  readonly guests: GuestService;
  readonly version: string;
  readonly leftLeases: LeftLeases;
  readonly started: StartedExperiments;
  readonly confirmUploads: ConfirmPaths;
  readonly log: Log;
  /** What views show of it changed. */
  readonly onChange: () => void;
  /** Asked for in its terminal. */
  readonly onStop: (how: 'now' | 'give-up') => void;
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

/**
 * Finds the guests and the files to be uploaded, and has the experiment ready to run.
 * @throws UserError for a guest that is not in the lab, or does not let us in without a person where none is there.
 */
export async function openRun(start: RunStart, cause: RunCause, context: RunContext): Promise<ExperimentRun> {
  const { lab, guests } = context;
  const targets = new Map<string, Target>();
  for (const { name } of start.plan.guests) targets.set(name, await guests.target(lab.guest(name)));
  if (cause === 'by-itself') await requireNoAnswers(guests, [...targets.values()]);
  const benchmarks = benchmarksOf(start.lab);
  const own = setting('sources');
  const wanted =
    cause === 'new' ? start.plan.benchmarks : withOwnPaths(start.plan.benchmarks, benchmarks, own);
  const { refs, sources } = await withProgress(
    { location: { viewId: 'guestbench.guests' }, title: vscode.l10n.t('Reading what is to be uploaded') },
    () => openSources(wanted, benchmarks, own, context.confirmUploads),
  );
  const plan = { ...start.plan, benchmarks: [...refs] };
  return new ExperimentRun({ ...start, plan, sources, catalogue: benchmarks }, cause, targets, context);
}

/** @throws UserError when a guest does not let us in without a person. One out of reach is waited for. */
async function requireNoAnswers(guests: GuestService, targets: readonly Target[]): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      await guests.connectTo(target, 'silent').catch((error: unknown) => {
        if (!isPassing(error)) throw new UserError(messageOf(error));
      });
    }),
  );
}

/** An experiment that runs in this window, with its terminal. */
export class ExperimentRun implements RunningExperiment {
  readonly label: string;
  readonly plan: RunStart['plan'];
  readonly startedAt = new Date().toISOString();
  private readonly runner: ExperimentRunner;
  private readonly terminal: RunTerminal;
  /** Aborted by Stop: what is asked of a person is taken back, and nothing is asked any more. */
  private readonly asking = new AbortController();
  /** Guests that are waited for as others have them. */
  private readonly waits = new Map<string, SeenWait>();
  private latest: Progress;
  /** When that was so. */
  private latestMs = performance.now();
  private isStopping = false;

  constructor(
    private readonly start: RunStart & Pick<RunnerOptions, 'sources' | 'catalogue'>,
    private readonly cause: RunCause,
    private readonly targets: ReadonlyMap<string, Target>,
    private readonly context: RunContext,
  ) {
    const { guests, version, leftLeases, started, onStop } = context;
    const { label, plan, catalogue } = start;
    this.label = label;
    this.plan = plan;
    const planned = resolveBenchmarks(plan.benchmarks, catalogue);
    this.terminal = new RunTerminal({
      label,
      plan,
      benchmarks: new Map(planned.map(({ benchmark }) => [benchmark.id, benchmark])),
      modeOf: (name) => modeOf(guests, name),
      onStop,
    });
    this.runner = new ExperimentRunner({
      ...start,
      version,
      leftLeases,
      started,
      connect: (name, signal, how) => this.connect(name, signal, how),
      connectHost: hostConnector(guests),
      listener: this.listener(),
    });
    this.latest = this.runner.progress;
  }

  get progress(): Progress {
    return this.latest;
  }

  now(): RunningNow {
    const { file, label } = this.start;
    const left = laterBy(this.latest.left, (performance.now() - this.latestMs) / 1000);
    return {
      ...{ file, label, waits: this.waits, isStopping: this.isStopping },
      progress: { ...this.latest, left },
    };
  }

  /** Resolves when it has ended, whatever with; the terminal has said nothing of its end yet. */
  async toItsEnd(): Promise<ExperimentSummary> {
    const { label, plan, seed, file, notes } = this.start;
    this.context.log.info(`Experiment ${file}: ${plan.trials.length} trials, seed ${seed}, ${this.cause}`);
    const heading =
      this.cause === 'new'
        ? vscode.l10n.t('{0}: {1} trials', label, plan.trials.length)
        : vscode.l10n.t('{0}: resumed', label);
    this.terminal.header(heading, notes);
    if (this.cause !== 'by-itself') this.showTerminal();
    return this.cause === 'new' ? this.runner.run() : this.runner.resume();
  }

  tellEnd(summary: ExperimentSummary, experiment: Experiment): void {
    this.terminal.finish(endLines(summary, experiment));
    const { reason, ok, failed } = summary;
    this.context.log.info(
      `Experiment ${path.basename(this.start.file)} ${reason}: ${ok} ok, ${failed} failed`,
    );
  }

  tellFailure(error: unknown): void {
    this.terminal.finish([plainForTerminal(messageOf(error))]);
  }

  showTerminal(): void {
    this.terminal.terminal.show(true);
  }

  stop(how: 'now' | 'after-trial'): void {
    this.runner.stop(how);
    this.isStopping = true;
    if (how === 'now') this.asking.abort();
  }

  /** Does not wait any longer for guests out of reach. */
  giveUp(): void {
    this.runner.giveUp();
  }

  /** @throws UserError */
  async takeOver(guest: string, agreed: AgreedJob): Promise<void> {
    await this.runner.takeOver(guest, agreed);
  }

  /** The window closes: what runs on the guests goes on there, and is taken up by Resume. */
  leave(): void {
    this.runner.leave();
    this.terminal.dispose();
  }

  private connect(
    name: string,
    signal: AbortSignal | undefined,
    how: 'running' | 'booting' | undefined,
  ): Promise<Connection> {
    const { guests } = this.context;
    const target = this.targets.get(name);
    if (!target) throw new Error(`${name} is not a guest of this experiment.`);
    if (how === 'booting') return guests.connectAnew(target, signal);
    if (this.asking.signal.aborted) return guests.connectTo(target, 'silent', signal);
    const signals = [this.asking.signal, ...(signal ? [signal] : [])];
    return guests.connectTo(target, 'ask', AbortSignal.any(signals));
  }

  /** Tells the terminal, the rows of the guests and the views of what happens. */
  private listener(): RunnerListener {
    const { guests, log, onChange } = this.context;
    const { terminal } = this;
    const waiting = vscode.l10n.t('waiting for its turn');
    return {
      onEvent: ({ type }) => {
        // What was done before is known only now.
        if (type === 'resumed') this.noteProgress(this.runner.progress);
        else onChange();
      },
      onTrialStart: (trial, progress) => {
        this.noteProgress(progress);
        guests.setActivity(trial.guest, vscode.l10n.t('running {0}', trial.benchmark));
        terminal.onTrialStart(trial, progress);
      },
      onOutput: (trial, stream, chunk) => terminal.onOutput(trial, stream, chunk),
      onSkipped: (trial, stream, bytes) => terminal.onSkipped(trial, stream, bytes),
      onTrialEnd: (trial, end, progress) => {
        this.noteProgress(progress);
        guests.setActivity(trial.guest, waiting);
        terminal.onTrialEnd(trial, end);
      },
      onReach: (guest, reason) =>
        guests.setActivity(
          guest,
          reason === undefined ? waiting : vscode.l10n.t('out of reach, trying again'),
        ),
      onWait: (guest, wait) => this.noteWait(guest, wait),
      onActivity: (guest, activity) => guests.setActivity(guest, activity ? activityText(activity) : waiting),
      onUpload: (progress) => {
        const { guest, name, sentBytes, totalBytes } = progress;
        const percent = Math.floor((100 * sentBytes) / totalBytes);
        guests.setActivity(
          guest,
          percent === 100 ? waiting : vscode.l10n.t('receiving {0}, {1} %', name, percent),
        );
        terminal.onUpload(progress);
      },
      onNotice: (text) => {
        log.warn(text);
        terminal.onNotice(text);
      },
    };
  }

  private noteProgress(progress: Progress): void {
    this.latest = progress;
    this.latestMs = performance.now();
    this.context.onChange();
  }

  private noteWait(guest: string, wait: Wait | undefined): void {
    const isNew = wait !== undefined && !this.waits.has(guest);
    if (wait) this.waits.set(guest, { ...wait, seenMs: performance.now() });
    else this.waits.delete(guest);
    const text = wait ? waitText(guest, wait) : undefined;
    if (isNew) this.context.log.info(`${this.label}: ${text}`);
    this.terminal.showWait(guest, text);
    const activity = wait
      ? vscode.l10n.t('in use by another controller')
      : vscode.l10n.t('running benchmarks');
    this.context.guests.setActivity(guest, activity);
    this.context.onChange();
  }
}
