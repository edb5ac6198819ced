import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import type { ExperimentService } from './experimentService';
import { messageOf, type Log } from './log';
import type { RunMemory } from './runMemory';
import { setting } from './settings';

/**
 * With the setting `resume` at `automatically`, goes on with the experiments this folder was running when its window
 * was reloaded, closed or lost: once after the start, or when the folder is trusted. An experiment that another window
 * has, or that would need a person's answer, stays as it is in the tree.
 */
export class ResumeByItself extends Disposable {
  constructor(
    private readonly experiments: ExperimentService,
    private readonly runs: RunMemory,
    private readonly log: Log,
  ) {
    super();
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.begin()));
  }

  /** Never rejects: what goes wrong is logged. */
  async begin(): Promise<void> {
    await this.resumeAll().catch((error: unknown) => this.log.error(messageOf(error)));
  }

  private async resumeAll(): Promise<void> {
    if (setting('resume') !== 'automatically' || !vscode.workspace.isTrusted) return;
    const files = this.runs.files;
    if (files.length === 0) return;
    const entries = await this.experiments.list();
    const left = entries.filter(({ file, state }) => state === 'interrupted' && files.includes(file));
    await Promise.all(
      left.map(async ({ file, label }) => {
        this.log.info(`${label} was interrupted and is resumed by itself`);
        await this.experiments.resume(file, 'by-itself').catch((error: unknown) => {
          this.log.warn(`${label} was not resumed by itself: ${messageOf(error)}`);
        });
      }),
    );
  }
}
