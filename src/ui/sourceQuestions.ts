import * as vscode from 'vscode';
import type { Benchmark, SourceNeed } from '../benchmarks/benchmark';
import { isUrl } from '../benchmarks/parameters';
import { fillSources, missingSources, requireSources, sourceProblem } from '../experiment/sources';
import type { BenchmarkRef } from '../model/experiment';
import { localPath } from './addresses';
import { setting } from './settings';
import { showInputBox, showOpenDialog, showQuickPick } from './visible/questions';

/**
 * The benchmarks with the sources of the setting. What is needed and nobody has named is asked for once and kept in
 * the setting; when nobody is there to answer, it is a UserError that names the setting.
 */
export async function withSources(
  refs: readonly BenchmarkRef[],
  benchmarks: readonly Benchmark[],
  person: 'attended' | 'unattended',
): Promise<readonly BenchmarkRef[]> {
  const filled = fillSources(refs, benchmarks, setting('sources'));
  if (person === 'unattended') requireSources(filled, benchmarks);
  let answered: Readonly<Record<string, string>> = setting('sources');
  for (const need of missingSources(filled, benchmarks)) {
    answered = { ...answered, [need.setting]: await askSource(need, benchmarks) };
    await vscode.workspace
      .getConfiguration('guestbench')
      .update('sources', answered, vscode.ConfigurationTarget.Global);
  }
  return fillSources(refs, benchmarks, answered);
}

type Kind = 'folder' | 'tarball' | 'address' | 'guest';

async function askSource(need: SourceNeed, benchmarks: readonly Benchmark[]): Promise<string> {
  const title = vscode.l10n.t('Run Benchmarks: where is {0}?', need.what);
  const items: readonly (vscode.QuickPickItem & { readonly place: Kind })[] = [
    {
      place: 'folder',
      label: vscode.l10n.t('A folder on this computer...'),
      detail: vscode.l10n.t('It is uploaded to the guests, also to those without Internet'),
    },
    {
      place: 'tarball',
      label: vscode.l10n.t('A tarball on this computer...'),
      detail: vscode.l10n.t('It is uploaded to the guests, also to those without Internet'),
    },
    {
      place: 'address',
      label: vscode.l10n.t('A Git repository or URL...'),
      detail: vscode.l10n.t('Each guest fetches it by itself'),
    },
    {
      place: 'guest',
      label: vscode.l10n.t('Already on the guests...'),
      detail: vscode.l10n.t('At the same path on each of them'),
    },
  ];
  const picked = await showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('{0} does not come with Guestbench; the answer is kept', need.what),
    ignoreFocusOut: true,
  });
  if (!picked) throw new vscode.CancellationError();
  if (picked.place === 'folder' || picked.place === 'tarball') return askLocal(title, picked.place);
  return askText(title, picked.place, (value) => sourceProblem(value, need, benchmarks));
}

async function askLocal(title: string, kind: 'folder' | 'tarball'): Promise<string> {
  const chosen = await showOpenDialog({
    title,
    openLabel: vscode.l10n.t('Use'),
    canSelectFiles: kind === 'tarball',
    canSelectFolders: kind === 'folder',
    canSelectMany: false,
  });
  const [uri] = chosen ?? [];
  if (!uri) throw new vscode.CancellationError();
  return `local:${localPath(uri)}`;
}

async function askText(
  title: string,
  kind: 'address' | 'guest',
  problemOf: (value: string) => string | undefined,
): Promise<string> {
  const isKind = (value: string): boolean => (kind === 'address' ? isUrl(value) : value.startsWith('/'));
  const expected =
    kind === 'address'
      ? vscode.l10n.t('Enter an address that begins with https://, git:// or ssh://.')
      : vscode.l10n.t('Enter a whole path, which begins with a slash.');
  const typed = await showInputBox({
    title,
    prompt:
      kind === 'address'
        ? vscode.l10n.t('The address of a Git repository or of a tarball')
        : vscode.l10n.t('The path of a folder or tarball on the guests'),
    ignoreFocusOut: true,
    validateInput: (value) => (isKind(value.trim()) ? problemOf(value.trim()) : expected),
  });
  if (typed === undefined) throw new vscode.CancellationError();
  return typed.trim();
}
