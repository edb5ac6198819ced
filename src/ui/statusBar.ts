import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { aboutDuration } from './duration';
import type { ExperimentService } from './experimentService';

/** Shows while an experiment runs: how far it is, and a click to its report. */
export class StatusBar extends Disposable {
  private readonly item = this.register(
    vscode.window.createStatusBarItem('guestbench.progress', vscode.StatusBarAlignment.Left, 50),
  );

  constructor(private readonly experiments: ExperimentService) {
    super();
    this.item.name = vscode.l10n.t('Guestbench progress');
    this.register(experiments.onDidChange(() => this.update()));
  }

  private update(): void {
    const running = this.experiments.runningNow();
    const [first] = running;
    if (!first) {
      this.item.hide();
      return;
    }
    const done = running.reduce((sum, { progress }) => sum + progress.done, 0);
    const total = running.reduce((sum, { progress }) => sum + progress.total, 0);
    const seconds = Math.max(...running.map(({ progress }) => progress.secondsLeft));
    this.item.text = vscode.l10n.t(
      '$(sync~spin) Guestbench {0}/{1}, {2} left',
      done,
      total,
      aboutDuration(seconds),
    );
    this.item.tooltip = running.map(({ label }) => label).join('\n');
    this.item.command = {
      command: 'guestbench.openReport',
      title: vscode.l10n.t('Open Report'),
      arguments: [{ file: first.file }],
    };
    this.item.show();
  }
}
