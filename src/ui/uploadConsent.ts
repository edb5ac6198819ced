import * as vscode from 'vscode';
import { showWarningMessage } from './visible/messages';

const key = 'guestbench.confirmedUploads';

/**
 * Asks once in a workspace for each file and folder of this computer that its lab file, not the person's own setting,
 * wants on the guests. VS Code keeps the answers outside the workspace.
 */
export class UploadConsent {
  constructor(private readonly memento: vscode.Memento) {}

  /** `paths`: whole, with all links followed. @throws CancellationError when they are not to be uploaded. */
  async confirm(paths: readonly string[]): Promise<void> {
    const unasked = paths.filter((path) => !this.confirmed.includes(path));
    if (unasked.length === 0) return;
    // The first button that does not close the dialog is the one that Enter presses; Escape presses VS Code's Cancel.
    const leave = { title: vscode.l10n.t('Do Not Upload') };
    const upload = { title: vscode.l10n.t('Upload') };
    const detail = [
      ...unasked,
      '',
      vscode.l10n.t(
        'The lab file or the call names them, not your setting guestbench.sources. Whoever uses the guests can read them there. You are asked once for this workspace.',
      ),
    ];
    const chosen = await showWarningMessage(
      vscode.l10n.t('Upload from this computer to the guests?'),
      { modal: true, detail },
      leave,
      upload,
    );
    if (chosen !== upload) throw new vscode.CancellationError();
    await this.memento.update(key, [...new Set([...this.confirmed, ...unasked])]);
  }

  private get confirmed(): readonly string[] {
    const stored: unknown = this.memento.get(key);
    return Array.isArray(stored) ? stored.filter((path) => typeof path === 'string') : [];
  }
}
