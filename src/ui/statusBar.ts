import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { longest } from '../experiment/estimate';
import type { ExperimentService } from './experimentService';
import { timeLeftText } from './timeLeft';
import { visibleLine } from './visibleText';
import { seenWaitText } from './waits';

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
    const left = timeLeftText(longest(running.map(({ progress }) => progress.left)));
    const waits = running.flatMap((each) => [...each.waits].map((wait) => seenWaitText(...wait)));
    this.item.text =
      waits.length === 0
        ? vscode.l10n.t('$(sync~spin) Guestbench {0}/{1}, {2}', done, total, left)
        : vscode.l10n.t('$(watch) Guestbench {0}/{1}, waits for a guest', done, total);
    this.item.tooltip = [...running.map(({ label }) => label), ...waits].map(visibleLine).join('\n');
    this.item.command = {
      command: 'guestbench.openReport',
      title: vscode.l10n.t('Open Report'),
      arguments: [{ file: first.file }],
    };
    this.item.show();
  }
}
