import * as vscode from 'vscode';

interface ContextKeys {
  labState: 'loading' | 'empty' | 'filled' | 'broken';
  experimentsState: 'loading' | 'empty' | 'filled';
  running: boolean;
}

const last = new Map<string, unknown>();

/** Sets `guestbench.<name>` for `when` clauses, only when it changes. */
export function setContextKey<N extends keyof ContextKeys>(name: N, value: ContextKeys[N]): void {
  if (last.get(name) === value) return;
  last.set(name, value);
  void vscode.commands.executeCommand('setContext', `guestbench.${name}`, value);
}
