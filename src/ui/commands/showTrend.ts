import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { subjectKey } from '../../report/trendOptions';
import { localFile, localPath, nameOf } from '../addresses';
import { valueOf } from '../commandArguments';
import type { Services } from '../services';

/**
 * Follows one metric through the experiments of a folder. `{ folder?, metric?, guest?, mode?, baseline?, candidate? }`
 * choose what the page shows first: a guest or a mode, or the candidate against the baseline. Returns the folder.
 */
export async function showTrend(services: Services, ...args: readonly unknown[]): Promise<string> {
  const [options] = args;
  const folder =
    options instanceof vscode.Uri
      ? localPath(options)
      : localFile(folderOf(options) ?? services.experiments.folder);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new UserError(
      vscode.l10n.t(
        'There is no folder {0}. A trend needs experiments: run benchmarks, or name another folder.',
        folder,
      ),
    );
  }
  const metric = textOf(options, 'metric');
  const subject = subjectOf(options);
  const { trends } = await services.reports();
  await trends.show(folder, {
    ...(metric === undefined ? {} : { metric }),
    ...(subject === undefined ? {} : { subject }),
  });
  return folder;
}

function folderOf(options: unknown): string | undefined {
  const folder = valueOf(options, 'folder');
  return folder instanceof vscode.Uri ? nameOf(folder) : textOf(options, 'folder');
}

function subjectOf(options: unknown): string | undefined {
  const [guest, mode] = [textOf(options, 'guest'), textOf(options, 'mode')];
  if (guest !== undefined) return subjectKey({ kind: 'value', by: 'guest', name: guest });
  if (mode !== undefined) return subjectKey({ kind: 'value', by: 'mode', name: mode });
  const [baseline, candidate] = [textOf(options, 'baseline'), textOf(options, 'candidate')];
  if (baseline === undefined || candidate === undefined) return undefined;
  return subjectKey({ kind: 'speedup', by: 'guest', baseline, candidate });
}

function textOf(options: unknown, key: string): string | undefined {
  const value = valueOf(options, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
