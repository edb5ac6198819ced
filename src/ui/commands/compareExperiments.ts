import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { baseName, uriOf } from '../addresses';
import { fileFrom, stringsOf } from '../commandArguments';
import type { Services } from '../services';
import { showQuickPick } from '../visible/questions';

/** More marks than that in one row cannot be told apart; a trend follows any number. */
const mostFiles = 12;

/**
 * Opens one report over several experiments. `{ files }`, a list of files, or the selected rows of the tree skip the
 * question. Returns the files, the oldest first.
 */
export async function compareExperiments(
  services: Services,
  ...args: readonly unknown[]
): Promise<readonly string[]> {
  const given = [...new Set(filesFrom(args))];
  const files = given.length > 1 ? given : await askFiles(services, given);
  if (files.length < 2) {
    throw new UserError(vscode.l10n.t('Choose at least two experiments: one alone has a report of its own.'));
  }
  if (files.length > mostFiles) {
    throw new UserError(
      vscode.l10n.t('Choose at most {0} experiments. Show Trend follows one metric through more.', mostFiles),
    );
  }
  const ordered = [...files].sort(byName);
  await (await services.reports()).compared.show(ordered);
  return ordered;
}

/** File names begin with the time of the start, so what came first is called A. */
function byName(a: string, b: string): number {
  return baseName(uriOf(a)) < baseName(uriOf(b)) ? -1 : 1;
}

function filesFrom(args: readonly unknown[]): readonly string[] {
  const [first, selection] = args;
  const named = stringsOf(first, 'files');
  if (named !== undefined) return named;
  const rows = Array.isArray(selection) && selection.length > 0 ? selection : first;
  return (Array.isArray(rows) ? rows : [rows]).flatMap((row: unknown) =>
    typeof row === 'string' ? row : (fileFrom([row]) ?? []),
  );
}

async function askFiles(services: Services, chosen: readonly string[]): Promise<readonly string[]> {
  const entries = (await services.experiments.list()).filter(({ state }) => state !== 'unreadable');
  if (entries.length < 2) {
    throw new UserError(
      vscode.l10n.t('There are no two experiments to compare in {0}.', services.experiments.folder),
    );
  }
  const known = [...chosen, (await services.reports()).editor.activeFile];
  const picked = await showQuickPick(
    entries.map(({ file, label, startedAt }) => ({
      label,
      description: startedAt === undefined ? '' : new Date(startedAt).toLocaleString(),
      picked: known.includes(file),
      file,
    })),
    {
      title: vscode.l10n.t('Compare Experiments'),
      placeHolder: vscode.l10n.t('Choose two experiments or more'),
      canPickMany: true,
      matchOnDescription: true,
      ignoreFocusOut: true,
    },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.map(({ file }) => file);
}
