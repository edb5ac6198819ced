import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { experimentText } from '../../experiment/experimentText';
import type { Experiment } from '../../model/experiment';
import { UserError } from '../../model/userError';
import {
  formatOf,
  fromFioJson,
  fromHyperfineJson,
  fromPhoronixXml,
  fromUnixbenchReport,
  importFormats,
  type ImportFormat,
  type ImportSource,
} from '../../report/importers';
import { stringsOf, valueOf } from '../commandArguments';
import { messageOf } from '../log';
import { experimentFileName } from '../resultsFolder';
import type { Services } from '../services';

/** More than any tool writes into one result. */
const longestFileBytes = 64 * 1024 * 1024;

interface ReadFile {
  readonly file: string;
  readonly text: string;
  readonly changedAt: Date;
}

/**
 * Makes an experiment file of what other tools measured, and opens its report.
 * `{ files, format?, label?, guests? }` skips the questions; `guests` names the guest of each file.
 */
export async function importResults(services: Services, ...args: readonly unknown[]): Promise<string> {
  const named = stringsOf(args[0], 'files');
  const files = await Promise.all((named ?? (await askFiles())).map(readResult));
  const format = formatFrom(valueOf(args[0], 'format')) ?? detected(files);
  if (format === 'phoronix' && files.length > 1)
    throw new UserError(
      vscode.l10n.t(
        'Choose one result file of the Phoronix Test Suite: each holds its own systems. Its merge-results command puts several together.',
      ),
    );
  const guests =
    format === 'phoronix' ? [] : await guestNames(files, stringsOf(args[0], 'guests'), named !== undefined);
  const given = valueOf(args[0], 'label');
  const label = typeof given === 'string' && given !== '' ? given : undefined;
  const experiment = imported(format, files, guests, label);
  const finalLabel = label ?? (named === undefined ? await askLabel(experiment.label) : experiment.label);
  const file = await write(services, { ...experiment, label: finalLabel });
  services.log.info(`Imported ${files.map(({ file: one }) => path.basename(one)).join(', ')} into ${file}`);
  services.experiments.refresh();
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), 'guestbench.report');
  return file;
}

async function askFiles(): Promise<readonly string[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uris = await vscode.window.showOpenDialog({
    ...(folder === undefined ? {} : { defaultUri: folder }),
    title: vscode.l10n.t('Import Results'),
    openLabel: vscode.l10n.t('Import'),
    canSelectMany: true,
    filters: {
      [vscode.l10n.t('Results (composite.xml, fio, UnixBench, hyperfine)')]: ['xml', 'json', 'txt', 'log'],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  if (!uris || uris.length === 0) throw new vscode.CancellationError();
  return uris.map(({ fsPath }) => fsPath);
}

async function readResult(file: string): Promise<ReadFile> {
  try {
    const { size, mtime } = await stat(file);
    if (size > longestFileBytes)
      throw new Error(vscode.l10n.t('it is longer than {0} MiB', longestFileBytes / 1024 / 1024));
    return { file, text: await readFile(file, 'utf8'), changedAt: mtime };
  } catch (error) {
    throw new UserError(vscode.l10n.t('{0} cannot be read: {1}', file, messageOf(error)));
  }
}

function formatFrom(value: unknown): ImportFormat | undefined {
  if (value === undefined) return undefined;
  const format = importFormats.find((one) => one === value);
  if (format !== undefined) return format;
  throw new UserError(vscode.l10n.t('The format must be one of {0}.', importFormats.join(', ')));
}

function detected(files: readonly ReadFile[]): ImportFormat {
  const found = files.map(({ file, text }) => {
    const format = formatOf(text);
    if (format !== undefined) return format;
    throw new UserError(
      vscode.l10n.t(
        '{0} is no result that can be imported: expected composite.xml of the Phoronix Test Suite, JSON of fio or hyperfine, or a report of UnixBench.',
        path.basename(file),
      ),
    );
  });
  const [first, other] = new Set(found);
  if (first === undefined) throw new UserError(vscode.l10n.t('Choose at least one file to import.'));
  if (other === undefined) return first;
  throw new UserError(
    vscode.l10n.t(
      'Results of {0} and {1} cannot be put into one experiment: import them one after the other.',
      first,
      other,
    ),
  );
}

/** A guest for each file; files of one guest are its runs. */
async function guestNames(
  files: readonly ReadFile[],
  given: readonly string[] | undefined,
  isUnattended: boolean,
): Promise<readonly string[]> {
  if (given !== undefined && given.length !== files.length)
    throw new UserError(vscode.l10n.t('Name a guest for each of the {0} files.', files.length));
  if (given !== undefined) return given;
  const proposed = files.map(({ file }) => path.basename(file).replace(/\.[^.]*$/, ''));
  if (isUnattended) return proposed;
  const names: string[] = [];
  for (const [index, { file }] of files.entries()) {
    const name = await vscode.window.showInputBox({
      title: vscode.l10n.t('Import Results: {0} ({1}/{2})', path.basename(file), index + 1, files.length),
      prompt: vscode.l10n.t('The guest it was measured in. Files of one guest are its runs.'),
      value: proposed[index] ?? '',
      ignoreFocusOut: true,
      validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('Type a name.') : undefined),
    });
    if (name === undefined) throw new vscode.CancellationError();
    names.push(name.trim());
  }
  return names;
}

function imported(
  format: ImportFormat,
  files: readonly ReadFile[],
  guests: readonly string[],
  label: string | undefined,
): Experiment {
  const at = new Date(Math.min(...files.map(({ changedAt }) => changedAt.getTime()))).toISOString();
  const source = files.map(({ file }) => path.basename(file)).join(', ');
  const options = { at, source, ...(label === undefined ? {} : { label }) };
  const sources = files.map(({ file, text }, index): ImportSource => ({
    guest: guests[index] ?? '',
    name: path.basename(file),
    text,
  }));
  switch (format) {
    case 'phoronix':
      return fromPhoronixXml(files[0]?.text ?? '', options);
    case 'fio':
      return fromFioJson(sources, options);
    case 'unixbench':
      return fromUnixbenchReport(sources, options);
    case 'hyperfine':
      return fromHyperfineJson(sources, options);
  }
}

async function askLabel(proposed: string): Promise<string> {
  const label = await vscode.window.showInputBox({
    title: vscode.l10n.t('Import Results: Label'),
    prompt: vscode.l10n.t('What the experiment is called'),
    value: proposed,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' ? vscode.l10n.t('Type a label.') : undefined),
  });
  if (label === undefined) throw new vscode.CancellationError();
  return label.trim();
}

async function write(services: Services, experiment: Experiment): Promise<string> {
  const { folder } = services.experiments;
  const file = path.join(folder, experimentFileName(new Date(), experiment.label));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, experimentText(experiment), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new UserError(vscode.l10n.t('{0} could not be written: {1}', file, messageOf(error)));
  }
  return file;
}
