import * as vscode from 'vscode';
import { nameOf } from './addresses';
import type { ExperimentEntry } from './experimentEntry';
import type { Services } from './services';
import { showQuickPick } from './visible/questions';

/**
 * The guests a command was called for: named in its options, or the rows of the tree it was called on.
 * undefined: it was called without, so it asks.
 */
export function guestsFrom(args: readonly unknown[]): readonly string[] | undefined {
  const [first, selection] = args;
  if (Array.isArray(selection) && selection.length > 0) {
    const names = selection.flatMap((row) => guestOfRow(row));
    if (names.length > 0) return [...new Set(names)];
  }
  const named = stringsOf(first, 'guests');
  if (named) return named;
  const row = guestOfRow(first);
  return row.length > 0 ? row : undefined;
}

/** The strings under `key` of an options object; one string counts as a list of one, an address as its file's name. */
export function stringsOf(options: unknown, key: string): readonly string[] | undefined {
  const value = valueOf(options, key);
  if (typeof value === 'string') return [value];
  if (value instanceof vscode.Uri) return [nameOf(value)];
  return Array.isArray(value)
    ? value.flatMap((entry: unknown) =>
        entry instanceof vscode.Uri ? nameOf(entry) : typeof entry === 'string' ? entry : [],
      )
    : undefined;
}

export function valueOf(options: unknown, key: string): unknown {
  return typeof options === 'object' && options !== null
    ? (options as Record<string, unknown>)[key]
    : undefined;
}

function guestOfRow(row: unknown): string[] {
  const guest = valueOf(row, 'guest');
  return typeof guest === 'string' ? [guest] : [];
}

/** Asks which guest is meant, if there is more than one. Throws CancellationError when nobody is chosen. */
export async function pickGuest(services: Services, title: string): Promise<string> {
  await services.lab.open();
  const guests = services.lab.lab.guests;
  const [only] = guests;
  if (guests.length === 1 && only) return only.name;
  const picked = await showQuickPick(
    guests.map(({ name, host = '' }) => ({ label: name, description: host, name })),
    { title, placeHolder: vscode.l10n.t('Choose a guest'), ignoreFocusOut: true },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.name;
}

/** Asks which guests are meant, if there is more than one. Throws CancellationError when none is chosen. */
export async function pickGuests(services: Services, title: string): Promise<readonly string[]> {
  await services.lab.open();
  const { guests } = services.lab.lab;
  if (guests.length <= 1) return [await pickGuest(services, title)];
  const picked = await showQuickPick(
    guests.map(({ name, host = '' }) => ({
      label: name,
      description: host,
      picked: true,
      name,
    })),
    { title, placeHolder: vscode.l10n.t('Choose guests'), canPickMany: true, ignoreFocusOut: true },
  );
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map(({ name }) => name);
}

/** The experiment a command was called for; asks if it was called without one. */
export async function pickExperiment(
  services: Services,
  args: readonly unknown[],
  title: string,
  fits: (entry: ExperimentEntry) => boolean = () => true,
): Promise<string> {
  const named = fileFrom(args) ?? (await services.reports()).editor.activeFile;
  if (named !== undefined) return named;
  const entries = (await services.experiments.list()).filter(fits);
  const picked = await showQuickPick(
    entries.map((entry) => ({
      label: entry.label,
      description: entry.startedAt === undefined ? '' : new Date(entry.startedAt).toLocaleString(),
      file: entry.file,
    })),
    {
      title,
      placeHolder:
        entries.length === 0
          ? vscode.l10n.t('There is no experiment yet')
          : vscode.l10n.t('Choose an experiment'),
      ignoreFocusOut: true,
    },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.file;
}

/** The name (`nameOf`) of the experiment file in a command's arguments: an options object, a row of the tree, or an editor's address. */
export function fileFrom(args: readonly unknown[]): string | undefined {
  const [first] = args;
  if (first instanceof vscode.Uri) return nameOf(first);
  const file = valueOf(first, 'file');
  if (file instanceof vscode.Uri) return nameOf(file);
  return typeof file === 'string' ? file : undefined;
}
