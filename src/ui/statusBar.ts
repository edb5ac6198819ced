import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import { longest } from '../experiment/estimate';
import type { ExperimentService } from './experimentService';
import { timeLeftText } from './timeLeft';
import { createStatusItem } from './visible/places';
import { seenWaitText } from './waits';

/** Shows while an experiment runs: how far it is, and a click to its report. */
export class StatusBar extends Disposable {
  private readonly item = this.register(
    createStatusItem('guestbench.progress', vscode.l10n.t('Guestbench progress'), 50),
  );

  constructor(private readonly experiments: ExperimentService) {
    super();
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
    this.item.show({
      icon: waits.length === 0 ? 'sync~spin' : 'watch',
      text:
        waits.length === 0
          ? vscode.l10n.t('Guestbench {0}/{1}, {2}', done, total, left)
          : vscode.l10n.t('Guestbench {0}/{1}, waits for a guest', done, total),
      tooltip: [...running.map(({ label }) => label), ...waits],
      command: {
        command: 'guestbench.openReport',
        title: vscode.l10n.t('Open Report'),
        arguments: [{ file: first.file }],
      },
    });
  }
}
