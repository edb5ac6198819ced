import * as path from 'node:path';
import * as vscode from 'vscode';
import { UserError } from '../model/userError';
import type { Drawing } from '../report/charts/svg';
import { slugOf } from '../report/importedExperiment';
import type { PictureMessage } from '../report/pictureMessage';
import type { ReportModel } from '../report/shape';
import { baseName, nameOf, writeTo } from './addresses';
import { messageOf } from './log';
import { showStatus } from './visible/messages';
import { showSaveDialog } from './visible/questions';

export type ChartFormat = 'svg' | 'png';

export interface ChartChoice {
  readonly candidate?: string | undefined;
  /** The key of a metric; absent: the overview, of several experiments where no candidate is chosen. */
  readonly metric?: string | undefined;
}

/** A chart of a report as a picture of its own. @throws UserError when there is nothing to draw. */
export async function chartOf(model: ReportModel, { candidate, metric }: ChartChoice): Promise<Drawing> {
  const { acrossPicture, forestPicture, trialsPicture } = await import('../report/exchange');
  const pair = candidate ?? model.candidate;
  const overview = () =>
    (candidate === undefined ? acrossPicture(model) : undefined) ??
    (pair === undefined ? undefined : forestPicture(model, pair));
  const found = model.metrics.find(({ key }) => key === metric);
  const made = metric === undefined ? overview() : found && trialsPicture(model, found, pair);
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
export async function chartBytes<T extends Pick<Drawing, 'svg'>>(
  drawing: T,
  format: ChartFormat,
  rasterise: (drawing: T) => Promise<Uint8Array>,
): Promise<string | Uint8Array> {
  return format === 'png' ? rasterise(drawing) : `<?xml version="1.0" encoding="UTF-8"?>\n${drawing.svg}\n`;
}

/** Asks where to, and in which form by the name's end. Cancelled: nothing happens. @throws UserError */
export async function saveChart(
  model: ReportModel,
  choice: ChartChoice,
  beside: vscode.Uri,
  rasterise: (drawing: Drawing) => Promise<Uint8Array>,
): Promise<void> {
  const drawing = await chartOf(model, choice);
  const target = await askPicture(beside, choice.metric ?? 'overview');
  if (target === undefined) return;
  await writeExport(target, await chartBytes(drawing, pictureFormat(target), rasterise));
}

/** As `saveChart`, of a chart that its page has drawn. `beside`: a file of the folder that is proposed. */
export async function savePicture(
  { name, svg, png }: Omit<PictureMessage, 'type'>,
  beside: vscode.Uri,
): Promise<void> {
  const target = await askPicture(beside, name);
  if (target === undefined) return;
  await writeExport(
    target,
    await chartBytes({ svg }, pictureFormat(target), () => {
      if (png !== undefined) return Promise.resolve(Buffer.from(png, 'base64'));
      throw new UserError(vscode.l10n.t('The report could not draw this chart as PNG. Save it as SVG.'));
    }),
  );
}

async function askPicture(beside: vscode.Uri, what: string): Promise<vscode.Uri | undefined> {
  const base = baseName(beside).replace(/\.guestbench$/, '');
  return showSaveDialog({
    defaultUri: vscode.Uri.joinPath(beside, '..', `${base}-${slugOf(what)}.png`),
    title: vscode.l10n.t('Save Chart'),
    filters: { PNG: ['png'], SVG: ['svg'] },
  });
}

const pictureFormat = (target: vscode.Uri): ChartFormat =>
  path.posix.extname(target.path).toLowerCase() === '.svg' ? 'svg' : 'png';

/** Writes what is exported and says so. @throws UserError that names the file. */
export async function writeExport(target: vscode.Uri, content: string | Uint8Array): Promise<void> {
  try {
    await writeTo(target, content);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(vscode.l10n.t('{0} could not be written: {1}', nameOf(target), messageOf(error)));
  }
  showStatus('check', vscode.l10n.t('Exported to {0}', baseName(target)), 5000);
}
