import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../model/userError';
import type { Drawing } from '../report/charts/svg';
import { slugOf } from '../report/importedExperiment';
import type { ReportModel } from '../report/shape';
import { messageOf } from './log';

export type ChartFormat = 'svg' | 'png';

export interface ChartChoice {
  readonly candidate?: string | undefined;
  /** The key of a metric; absent: the overview. */
  readonly metric?: string | undefined;
}

/** A chart of a report as a picture of its own. @throws UserError when there is nothing to draw. */
export async function chartOf(
  model: ReportModel,
  { candidate = model.candidate, metric }: ChartChoice,
): Promise<Drawing> {
  const { forestPicture, trialsPicture } = await import('../report/exchange');
  const found = metric === undefined ? undefined : model.metrics.find(({ key }) => key === metric);
  const made =
    metric === undefined
      ? candidate && forestPicture(model, candidate)
      : found && trialsPicture(model, found, candidate);
  if (made) return made;
  throw new UserError(
    metric === undefined
      ? vscode.l10n.t(
          'There is no overview chart yet: it needs a complete block, one trial of a workload in both guests.',
        )
      : vscode.l10n.t('There is nothing to draw of {0}.', metric),
  );
}

/** What a picture is written as. */
export async function chartBytes(
  drawing: Drawing,
  format: ChartFormat,
  rasterise: (drawing: Drawing) => Promise<Uint8Array>,
): Promise<string | Uint8Array> {
  return format === 'png' ? rasterise(drawing) : `<?xml version="1.0" encoding="UTF-8"?>\n${drawing.svg}\n`;
}

/** Asks where to, and in which form by the name's end. Cancelled: nothing happens. */
export async function saveChart(
  model: ReportModel,
  choice: ChartChoice,
  beside: vscode.Uri,
  rasterise: (drawing: Drawing) => Promise<Uint8Array>,
): Promise<void> {
  const drawing = await chartOf(model, choice);
  const base = path.basename(beside.fsPath).replace(/\.guestbench$/, '');
  const name = `${base}-${slugOf(choice.metric ?? 'overview')}.png`;
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(beside, '..', name),
    title: vscode.l10n.t('Save Chart'),
    filters: { PNG: ['png'], SVG: ['svg'] },
  });
  if (target === undefined) return;
  const format = path.extname(target.fsPath).toLowerCase() === '.svg' ? 'svg' : 'png';
  await writeExport(target.fsPath, await chartBytes(drawing, format, rasterise));
}

/** Writes what is exported and says so. @throws UserError that names the file. */
export async function writeExport(target: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(target, content);
  } catch (error) {
    throw new UserError(vscode.l10n.t('{0} could not be written: {1}', target, messageOf(error)));
  }
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Exported to {0}', path.basename(target)), 5000);
}
