import type * as vscode from 'vscode';

const key = 'guestbench.running';

/** Which experiments this window's folder has running, over a reload or a crash; those somebody stopped are not. */
export class RunMemory {
  constructor(private readonly memento: vscode.Memento) {}

  get files(): readonly string[] {
    const stored: unknown = this.memento.get(key);
    return Array.isArray(stored) ? stored.filter((file) => typeof file === 'string') : [];
  }

  async note(file: string): Promise<void> {
    await this.memento.update(key, [...this.files.filter((known) => known !== file), file]);
  }

  async forget(file: string): Promise<void> {
    if (!this.files.includes(file)) return;
    await this.memento.update(
      key,
      this.files.filter((known) => known !== file),
    );
  }
}
