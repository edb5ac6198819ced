import type * as vscode from 'vscode';

export type Log = vscode.LogOutputChannel;

/** The message of anything thrown, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
