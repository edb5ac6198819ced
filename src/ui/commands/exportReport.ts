import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Experiment } from '../../model/experiment';
import { UserError } from '../../model/userError';
import { toCsv, toJson, toMarkdown, toPhoronixXml } from '../../report/exporters';
import { reportModel } from '../../report/model';
import { pickExperiment, valueOf } from '../commandArguments';
import { messageOf } from '../log';
import type { Services } from '../services';

const formats = {
  markdown: { extension: 'md', write: (e: Experiment) => toMarkdown(reportModel([e], {})) },
  csv: { extension: 'csv', write: (e: Experiment) => toCsv(e) },
  json: { extension: 'json', write: (e: Experiment) => toJson(e) },
  phoronix: { extension: 'xml', write: (e: Experiment) => toPhoronixXml(e) },
} as const;
type Format = keyof typeof formats;

/** Writes a report or its data to a file. `{ file?, format?, to? }` skips the questions. */
export async function exportReport(services: Services, ...args: readonly unknown[]): Promise<void> {
  const file = await pickExperiment(services, args, vscode.l10n.t('Export Report'));
  const experiment = await services.experiments.read(file);
  const format = formatFrom(valueOf(args[0], 'format')) ?? (await askFormat());
  const { extension, write } = formats[format];
  const to = valueOf(args[0], 'to');
  const target = typeof to === 'string' ? to : await askTarget(file, extension);
  try {
    await writeFile(target, write(experiment));
  } catch (error) {
    throw new UserError(vscode.l10n.t('{0} could not be written: {1}', target, messageOf(error)));
  }
  vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Exported to {0}', path.basename(target)), 5000);
}

function formatFrom(value: unknown): Format | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value in formats) return value as Format;
  throw new UserError(vscode.l10n.t('The format must be one of {0}.', Object.keys(formats).join(', ')));
}

async function askFormat(): Promise<Format> {
  const items: (vscode.QuickPickItem & { format: Format })[] = [
    {
      format: 'markdown',
      label: 'Markdown',
      detail: vscode.l10n.t('Headline, table and warnings, to paste anywhere'),
    },
    { format: 'csv', label: 'CSV', detail: vscode.l10n.t('One row a measurement') },
    { format: 'json', label: 'JSON', detail: vscode.l10n.t('The whole experiment as one document') },
    {
      format: 'phoronix',
      label: vscode.l10n.t('Phoronix Test Suite (composite.xml)'),
      detail: vscode.l10n.t('Every value by guest and metric; which trials are pairs has no place there'),
    },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Export Report') });
  if (!picked) throw new vscode.CancellationError();
  return picked.format;
}

async function askTarget(file: string, extension: string): Promise<string> {
  const proposed = `${file.replace(/\.guestbench$/, '')}.${extension}`;
  const uri = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(proposed) });
  if (!uri) throw new vscode.CancellationError();
  return uri.fsPath;
}
