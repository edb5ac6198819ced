import * as vscode from 'vscode';
import type { Benchmark } from '../benchmarks/benchmark';
import { lanesOf } from '../experiment/lanes';
import type { Progress, RunnerListener } from '../experiment/runner';
import type { TrialEnd } from '../experiment/trial';
import type { UploadProgress } from '../experiment/uploads';
import { Disposable } from '../model/disposable';
import type { Plan, Trial } from '../model/experiment';
import { bold, cyan, dim, green, ownLine, plainForTerminal, plainInLine, red, yellow } from './terminalText';
import { terminalHint } from './terminalHint';
import { timeLeftText } from './timeLeft';
import { amountText, TrialText } from './trialText';
import { createTerminal } from './visible/places';

const maxBufferedChars = 4 * 1024 * 1024;
/** Up one line, to its beginning, and clears it with what its wrapped rest may have left. */
const replaceLine = '\u001b[1A\r\u001b[J';

export interface RunTerminalOptions {
  readonly label: string;
  readonly plan: Plan;
  readonly benchmarks: ReadonlyMap<string, Benchmark>;
  /** The mode of a guest, for the headings; undefined when not known. */
  readonly modeOf: (guest: string) => string | undefined;
  /** `give-up`: asked once more, so guests out of reach are not waited for. */
  readonly onStop: (how: 'now' | 'give-up') => void;
}

/** The live view of one experiment: a heading per trial, then what the benchmark prints. Ctrl+C stops. */
export class RunTerminal extends Disposable implements vscode.Pseudoterminal, RunnerListener {
  private readonly writeEmitter = this.register(new vscode.EventEmitter<string>());
  private readonly closeEmitter = this.register(new vscode.EventEmitter<number>());
  readonly onDidWrite = this.writeEmitter.event;
  readonly onDidClose = this.closeEmitter.event;
  readonly terminal: vscode.Terminal;
  private buffered: string | undefined = '';
  /** Of the trials that run now: one a host. */
  private readonly texts = new Map<string, TrialText>();
  private readonly hosts: number;
  private readonly uploadedQuarters = new Map<string, number>();
  private atLineStart = true;
  private running = true;
  private stops = 0;
  /** The last line shows who is waited for, so that the next one about it takes its place. */
  private waitShown: string | undefined;

  constructor(private readonly options: RunTerminalOptions) {
    super();
    this.hosts = lanesOf(options.plan.guests, options.plan.trials).size;
    this.terminal = createTerminal({
      name: `Guestbench: ${options.label}`,
      pty: this,
      iconPath: new vscode.ThemeIcon('graph'),
      isTransient: true,
    });
    this.register(vscode.window.onDidCloseTerminal((terminal) => this.onClosed(terminal)));
  }

  open(): void {
    const text = this.buffered ?? '';
    this.buffered = undefined;
    if (text !== '') this.writeEmitter.fire(text);
  }

  close(): void {
    // Who closed it is told by the terminal itself (onClosed).
  }

  handleInput(data: string): void {
    if (data !== '\u0003') return;
    if (!this.running || this.stops > 1) return;
    this.stops += 1;
    this.line(
      yellow(
        this.stops === 1
          ? vscode.l10n.t(
              '^C  Stopping: the running trial is ended on its guest… (Ctrl+C again does not wait for one out of reach)',
            )
          : vscode.l10n.t(
              '^C  Guests out of reach are not waited for; Clean Up Guest removes what is left there.',
            ),
      ),
    );
    this.options.onStop(this.stops === 1 ? 'now' : 'give-up');
  }

  header(text: string, notes: readonly string[]): void {
    this.line(bold(plainInLine(text)));
    for (const note of notes) this.line(yellow(plainInLine(note)));
    this.line(dim(terminalHint()));
    this.line(dim(vscode.l10n.t('Ctrl+C stops the experiment; what was measured stays valid.')));
  }

  onTrialStart(trial: Trial, progress: Progress): void {
    this.texts.set(trial.id, new TrialText({ prefix: this.prefixOf(trial), skippedLine }));
    const title = this.options.benchmarks.get(trial.benchmark)?.title ?? trial.benchmark;
    const mode = this.options.modeOf(trial.guest);
    const round = trial.warmup
      ? vscode.l10n.t('warm-up')
      : vscode.l10n.t('round {0} of {1}', trial.round, this.options.plan.rounds);
    const guest = mode === undefined ? trial.guest : `${trial.guest} (${mode})`;
    const left = timeLeftText(progress.left);
    this.line('');
    this.line(
      cyan(
        `━━ ${bold(plainInLine(vscode.l10n.t('{0} on {1}', title, guest)))} · ${round} · ` +
          `${vscode.l10n.t('trial {0} of {1}', progress.done + 1, progress.total)} · ${left}`,
      ),
    );
  }

  onOutput(trial: Trial, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.write(this.texts.get(trial.id)?.add(stream, chunk) ?? '');
  }

  onSkipped(trial: Trial, stream: 'stdout' | 'stderr', bytes: number): void {
    this.texts.get(trial.id)?.skip(stream, bytes);
  }

  onTrialEnd(trial: Trial, end: TrialEnd): void {
    this.write(this.texts.get(trial.id)?.rest() ?? '');
    this.texts.delete(trial.id);
    const seconds = (end.durationMs / 1000).toFixed(1);
    const who = this.prefixOf(trial);
    if (end.outcome === 'ok') {
      const benchmark = this.options.benchmarks.get(trial.benchmark);
      const shown = end.measurements.filter((measurement) => {
        const metric = benchmark?.metrics.find((candidate) => candidate.id === measurement.id);
        return metric?.primary ?? measurement.primary ?? measurement.better !== 'none';
      });
      const figures = shown.map((m) => {
        const title = benchmark?.metrics.find(({ id }) => id === m.id)?.title ?? m.title ?? m.id;
        return `${plainInLine(title)} ${bold(`${figure(m.value)} ${plainInLine(m.unit)}`)}`;
      });
      this.line(`${who}${green('✓')} ${figures.join(', ')}${dim(` · ${seconds} s`)}`);
      for (const { test, error } of end.failed ?? []) {
        this.line(`${red('✗')} ${bold(plainInLine(test))}: ${plainForTerminal(error)}`);
      }
    } else {
      const word =
        end.outcome === 'cancelled'
          ? vscode.l10n.t('stopped')
          : end.outcome === 'lost'
            ? vscode.l10n.t('lost')
            : vscode.l10n.t('failed');
      this.line(`${who}${red('✗')} ${bold(word)}: ${plainForTerminal(end.reason)}`);
    }
  }

  onUpload({ guest, name, sentBytes, totalBytes }: UploadProgress): void {
    const quarter = Math.floor((4 * sentBytes) / totalBytes);
    const upload = `${guest}\n${name}`;
    if (this.uploadedQuarters.get(upload) === quarter) return;
    this.uploadedQuarters.set(upload, quarter);
    this.line(dim(plainInLine(vscode.l10n.t('Uploading {0} to {1}: {2} %', name, guest, 25 * quarter))));
  }

  onNotice(text: string): void {
    this.line(yellow(`! ${plainForTerminal(text)}`));
  }

  /** One line while a guest is waited for, kept up to date; undefined: it is not waited for any more. */
  showWait(guest: string, text: string | undefined): void {
    if (text === undefined) {
      if (this.waitShown === guest) this.waitShown = undefined;
      return;
    }
    this.line(yellow(`! ${plainInLine(text)}`), this.waitShown === guest ? replaceLine : '');
    this.waitShown = guest;
  }

  /** The last lines: how it ended and where the results are. The terminal stays open. */
  finish(lines: readonly string[]): void {
    this.running = false;
    this.line('');
    for (const line of lines) this.line(line);
  }

  /**
   * A person who closes the terminal asks the experiment to stop: nothing runs on that nobody sees. A window that is
   * closed or reloaded closes its terminals too; then the experiment is left for Resume.
   */
  private onClosed(terminal: vscode.Terminal): void {
    if (terminal !== this.terminal || !this.running) return;
    if (terminal.exitStatus?.reason === vscode.TerminalExitReason.User) this.options.onStop('now');
  }

  /** Hosts work side by side: then each line says whose it is. */
  private prefixOf({ guest }: Trial): string {
    return this.hosts < 2 ? '' : dim(`${plainInLine(guest)} │ `);
  }

  /** A line of ours, or a blank one. `before`: what moves the cursor to where it goes. */
  private line(text: string, before = ''): void {
    for (const guest of this.texts.values()) guest.interrupt();
    this.write(`${this.atLineStart ? '' : '\r\n'}${before}${text === '' ? '' : ownLine(text)}\r\n`);
  }

  private write(text: string): void {
    if (text === '') return;
    this.waitShown = undefined;
    this.atLineStart = text.endsWith('\n');
    // Output written before the terminal is open is dropped by VS Code, so it waits.
    if (this.buffered === undefined) this.writeEmitter.fire(text);
    else if (this.buffered.length < maxBufferedChars) this.buffered += text;
  }
}

function skippedLine(bytes: number): string {
  return yellow(vscode.l10n.t('… {0} skipped here; the whole output is kept', amountText(bytes)));
}

function figure(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
