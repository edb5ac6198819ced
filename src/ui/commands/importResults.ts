import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { importBytes } from '../../files/limits';
import { experimentText } from '../../experiment/experimentText';
import { readExperiment } from '../../experiment/journal';
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
import { baseName, nameOf, readText, statOf, uriOf } from '../addresses';
import { stringsOf, valueOf } from '../commandArguments';
import { messageOf } from '../log';
import { experimentFileName } from '../resultsFolder';
import type { Services } from '../services';
import { showInputBox, showOpenDialog } from '../visible/questions';

interface ReadFile {
  /** Without its folder. */
  readonly name: string;
  readonly text: string;
  readonly changedAt: Date;
}

/**
 * Makes an experiment file of what other tools measured, and opens its report.
 * `{ files, format?, label?, guests? }` skips the questions; `guests` names the guest of each file.
 */
export async function importResults(services: Services, ...args: readonly unknown[]): Promise<string> {
  const named = stringsOf(args[0], 'files');
  const files = await Promise.all((named?.map(uriOf) ?? (await askFiles())).map(readResult));
  const format = formatFrom(valueOf(args[0], 'format')) ?? detected(files);
  const guests = namesItsGuests(format)
    ? onlyOne(files, format)
    : await guestNames(files, stringsOf(args[0], 'guests'), named !== undefined);
  const given = valueOf(args[0], 'label');
  const label = typeof given === 'string' && given !== '' ? given : undefined;
  const experiment = await imported(format, files, guests, label);
  const finalLabel = label ?? (named === undefined ? await askLabel(experiment.label) : experiment.label);
  const file = await write(services, { ...experiment, label: finalLabel });
  services.log.info(`Imported ${files.map(({ name }) => name).join(', ')} into ${file}`);
  services.experiments.refresh();
  await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), 'guestbench.report');
  return file;
}

/** Whether a file holds all guests of an experiment, so that nobody has to name the one it was measured in. */
const namesItsGuests = (format: ImportFormat): boolean =>
  format === 'phoronix' || format === 'json' || format === 'csv';

/** No guest needs a name; several files cannot be one experiment. @throws UserError */
function onlyOne(files: readonly ReadFile[], format: ImportFormat): readonly string[] {
  if (files.length <= 1) return [];
  throw new UserError(
    format === 'phoronix'
      ? vscode.l10n.t(
          'Choose one result file of the Phoronix Test Suite: each holds its own systems. Its merge-results command puts several together.',
        )
      : vscode.l10n.t(
          'Choose one exported file at a time: each is an experiment of its own. Compare Experiments puts several into one report.',
        ),
  );
}

async function askFiles(): Promise<readonly vscode.Uri[]> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uris = await showOpenDialog({
    ...(folder === undefined ? {} : { defaultUri: folder }),
    title: vscode.l10n.t('Import Results'),
    openLabel: vscode.l10n.t('Import'),
    canSelectMany: true,
    filters: {
      [vscode.l10n.t('Results (Guestbench, composite.xml, fio, UnixBench, hyperfine)')]: [
        'xml',
        'json',
        'csv',
        'txt',
        'log',
      ],
      [vscode.l10n.t('All files')]: ['*'],
    },
  });
  if (!uris || uris.length === 0) throw new vscode.CancellationError();
  return uris;
}

async function readResult(uri: vscode.Uri): Promise<ReadFile> {
  try {
    const { mtime } = await statOf(uri);
    return { name: baseName(uri), text: await readText(uri, importBytes), changedAt: mtime };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(vscode.l10n.t('{0} cannot be read: {1}', nameOf(uri), messageOf(error)));
  }
}

function formatFrom(value: unknown): ImportFormat | undefined {
  if (value === undefined) return undefined;
  const format = importFormats.find((one) => one === value);
  if (format !== undefined) return format;
  throw new UserError(vscode.l10n.t('The format must be one of {0}.', importFormats.join(', ')));
}

function detected(files: readonly ReadFile[]): ImportFormat {
  const found = files.map(({ name, text }) => {
    const format = formatOf(text);
    if (format !== undefined) return format;
    throw new UserError(
      vscode.l10n.t(
        '{0} is no result that can be imported: expected JSON or CSV that Guestbench exported, composite.xml of the Phoronix Test Suite, JSON of fio or hyperfine, or a report of UnixBench.',
        name,
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
  const proposed = files.map(({ name }) => name.replace(/\.[^.]*$/, ''));
  if (isUnattended) return proposed;
  const names: string[] = [];
  for (const [index, { name: of }] of files.entries()) {
    const name = await showInputBox({
      title: vscode.l10n.t('Import Results: {0} ({1}/{2})', of, index + 1, files.length),
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

async function imported(
  format: ImportFormat,
  files: readonly ReadFile[],
  guests: readonly string[],
  label: string | undefined,
): Promise<Experiment> {
  const at = new Date(Math.min(...files.map(({ changedAt }) => changedAt.getTime()))).toISOString();
  const source = files.map(({ name }) => name).join(', ');
  const options = { at, source, ...(label === undefined ? {} : { label }) };
  const sources = files.map(({ name, text }, index): ImportSource => ({
    guest: guests[index] ?? '',
    name,
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
    case 'json': {
      const { fromJson } = await import('../../report/exchange');
      return copied(fromJson(files[0]?.text ?? ''));
    }
    case 'csv': {
      const { fromCsv } = await import('../../report/exchange');
      return copied(withoutOutputs(fromCsv(files[0]?.text ?? ''), source));
    }
  }
}

/** The original may be gone on with where it is; its copy never is. */
function copied(original: Experiment): Experiment {
  const experiment = { ...original, copied: true as const };
  if (experiment.ended !== undefined) return experiment;
  const at = experiment.trials.at(-1)?.endedAt ?? experiment.trials.at(-1)?.startedAt ?? experiment.startedAt;
  const message = vscode.l10n.t('exported before its end');
  return { ...experiment, ended: { at, reason: 'stopped', message } };
}

/** Of our own CSV: what is missing is said where somebody would look for it. */
function withoutOutputs(experiment: Experiment, source: string): Experiment {
  const note = vscode.l10n.t(
    'Imported from {0}: a CSV file holds the measurements, not what the trials wrote.',
    source,
  );
  return { ...experiment, notes: [...new Set([...experiment.notes, note])] };
}

async function askLabel(proposed: string): Promise<string> {
  const label = await showInputBox({
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
  const text = experimentText(experiment);
  const read = readExperiment(text);
  // An edited file can contradict itself, which only shows when its events are put together.
  if (read.status === 'error')
    throw new UserError(vscode.l10n.t('These results are no whole experiment: {0}', read.error));
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new UserError(vscode.l10n.t('{0} could not be written: {1}', file, messageOf(error)));
  }
  return file;
}
