import * as path from 'node:path';
import * as vscode from 'vscode';
import { addGuest, newLabText, removeGuest, setSuite } from '../lab/labFile';
import { placeOfGuest } from '../lab/labPlaces';
import { LabStore, type LabProblem } from '../lab/labStore';
import { Disposable, type Disposes } from '../model/disposable';
import type { Guest, Lab } from '../model/lab';
import { UserError } from '../model/userError';
import { isLocal } from './addresses';
import { setContextKey } from './contextKeys';
import type { Log } from './log';
import { setting } from './settings';

const fileName = 'guestbench.lab.json';

/** Which lab file is in use, what stands in it, and how it is edited. */
export class LabService extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private store: LabStore | undefined;
  /** The first reading: whoever asks meanwhile waits for it. */
  private opening: Promise<void> | undefined;
  private watching: Disposes | undefined;

  constructor(
    private readonly storageFolder: vscode.Uri,
    private readonly log: Log,
  ) {
    super();
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => void this.reopen()));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('guestbench.labFile')) void this.reopen();
      }),
    );
    // A lab file that appears in (or leaves) a workspace folder takes over from the one in storage.
    const watcher = this.register(
      vscode.workspace.createFileSystemWatcher(`**/${fileName}`, false, true, false),
    );
    this.register(watcher.onDidCreate(() => void this.reopen()));
    this.register(watcher.onDidDelete(() => void this.reopen()));
    this.register({ dispose: () => this.closeStore() });
  }

  /** The last good lab; empty before the first. */
  get lab(): Lab {
    return this.store?.lab ?? { hosts: [], guests: [], suites: {} };
  }

  get problems(): readonly LabProblem[] {
    return this.store?.problems ?? [];
  }

  /** Where the lab file is, or would be. */
  get uri(): vscode.Uri {
    return vscode.Uri.file(this.store?.path ?? this.defaultPath());
  }

  guest(name: string): Guest {
    const guest = this.lab.guests.find((candidate) => candidate.name === name);
    if (!guest) {
      const known = this.lab.guests.map((candidate) => candidate.name).join(', ') || vscode.l10n.t('none');
      throw new UserError(vscode.l10n.t('There is no guest "{0}" in the lab. Guests: {1}.', name, known));
    }
    return guest;
  }

  async open(): Promise<void> {
    this.opening ??= this.reopen();
    try {
      await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  /** Reads the file again now, for whoever cannot wait for its watcher. */
  async reload(): Promise<void> {
    await this.open();
    await this.store?.load();
  }

  /** Whether an editor holds changes of the lab file that are not saved. */
  get isEdited(): boolean {
    return vscode.workspace.textDocuments.some(
      ({ uri, isDirty }) => isDirty && isLocal(uri) && uri.fsPath === this.uri.fsPath,
    );
  }

  async addGuest(guest: Guest): Promise<void> {
    await this.edit((text) => addGuest(text, guest));
  }

  async removeGuest(name: string): Promise<void> {
    await this.edit((text) => removeGuest(text, name));
  }

  async setSuite(name: string, entries: Lab['suites'][string]): Promise<void> {
    await this.edit((text) => setSuite(text, name, entries));
  }

  /** Opens the lab file in an editor, made first if there is none; at a place if one is given. */
  async show(place?: { readonly line: number; readonly column: number }): Promise<void> {
    const document = await this.document();
    const editor = await vscode.window.showTextDocument(document);
    if (place) {
      const position = new vscode.Position(Math.max(0, place.line - 1), Math.max(0, place.column - 1));
      editor.selection = new vscode.Selection(position, position);
      editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenter);
    }
  }

  /** Where a guest's entry stands in the lab file. */
  async placeOf(name: string): Promise<{ readonly line: number; readonly column: number } | undefined> {
    return placeOfGuest((await this.document()).getText(), name);
  }

  private async edit(change: (text: string) => string): Promise<void> {
    const document = await this.document();
    const before = document.getText();
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), change(before));
    if (!(await vscode.workspace.applyEdit(edit)) || !(await document.save())) {
      throw new UserError(vscode.l10n.t('The lab file {0} could not be written.', document.uri.fsPath));
    }
    await this.store?.load();
  }

  private async document(): Promise<vscode.TextDocument> {
    try {
      await vscode.workspace.fs.stat(this.uri);
    } catch {
      await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(this.uri, '..'));
      await vscode.workspace.fs.writeFile(this.uri, new TextEncoder().encode(newLabText()));
    }
    return vscode.workspace.openTextDocument(this.uri);
  }

  private async reopen(): Promise<void> {
    const file = await this.choose();
    if (this.isDisposed || this.store?.path === file) {
      await this.store?.load();
      return;
    }
    this.closeStore();
    this.log.debug(`Lab file: ${file}`);
    const store = new LabStore(file, {
      loadEntryCheck: async () => (await import('../benchmarks/labFindings')).labFindings,
    });
    this.store = store;
    this.watching = store.onDidChange(() => {
      const state = store.problems.some(({ isOfEntry }) => isOfEntry !== true)
        ? 'broken'
        : store.lab.guests.length > 0
          ? 'filled'
          : 'empty';
      setContextKey('labState', state);
      this.changed.fire();
    });
    await store.load();
  }

  private closeStore(): void {
    this.watching?.dispose();
    this.store?.dispose();
    this.store = undefined;
  }

  private async choose(): Promise<string> {
    const set = setting('labFile');
    if (set !== '') return set;
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== 'file') continue;
      const file = vscode.Uri.joinPath(folder.uri, fileName);
      try {
        await vscode.workspace.fs.stat(file);
        return file.fsPath;
      } catch {
        // Not in this folder.
      }
    }
    return this.defaultPath();
  }

  private defaultPath(): string {
    const folder = vscode.workspace.workspaceFolders?.find((candidate) => candidate.uri.scheme === 'file');
    return path.join((folder?.uri ?? this.storageFolder).fsPath, fileName);
  }
}
