/**
 * Everything that VS Code shows for Guestbench goes through the files of this folder: lint forbids its own calls
 * elsewhere. Names, outputs and reasons come from guests, servers and files, so each text is made visible where it is
 * shown: no link, no icon, no line break and no invisible character of theirs takes effect. Our own icons are given
 * apart from the text.
 */
import * as vscode from 'vscode';
import { visibleLabel, visibleMessage, visibleName, visiblePrompt, type Lines } from '../visibleText';

/** A dialog that must be answered. Each entry of the detail is a line; '' is a blank one. */
export interface Modal {
  readonly modal: true;
  readonly detail?: Lines;
}

type Button = string | vscode.MessageItem;
type ShownModal = vscode.MessageOptions;
type Show = (text: string, modal: ShownModal, ...buttons: vscode.MessageItem[]) => Thenable<unknown>;

/** Resolves to the button that was pressed, as it was given; undefined: none. */
interface Message {
  <B extends Button>(text: string, modal: Modal, ...buttons: readonly B[]): Promise<B | undefined>;
  <B extends Button>(text: string, ...buttons: readonly B[]): Promise<B | undefined>;
}

function message(show: () => Show): Message {
  return async <B extends Button>(text: string, ...rest: readonly (Modal | B)[]): Promise<B | undefined> => {
    const [first] = rest;
    const modal = typeof first === 'object' && 'modal' in first ? first : undefined;
    const buttons = (modal === undefined ? rest : rest.slice(1)) as readonly B[];
    const shown = buttons.map(shownButton);
    const options =
      modal === undefined
        ? {}
        : {
            modal: true,
            ...(modal.detail === undefined ? {} : { detail: visiblePrompt(modal.detail) }),
          };
    const chosen = await show()(visibleMessage(text), options, ...shown);
    return buttons[shown.findIndex((button) => button === chosen)];
  };
}

/** VS Code gives a button back as the object it was given, which tells apart two that look alike. */
function shownButton(button: Button): vscode.MessageItem {
  return typeof button === 'string'
    ? { title: visibleName(button) }
    : { ...button, title: visibleName(button.title) };
}

export const showInformationMessage = message(() => vscode.window.showInformationMessage);
export const showWarningMessage = message(() => vscode.window.showWarningMessage);
export const showErrorMessage = message(() => vscode.window.showErrorMessage);

/** Shows how far something is. What the task reports is made visible too. */
export async function withProgress<R>(
  options: vscode.ProgressOptions,
  task: (
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ) => Thenable<R>,
): Promise<R> {
  const { title } = options;
  return vscode.window.withProgress(
    { ...options, ...(title === undefined ? {} : { title: visibleMessage(title) }) },
    (progress, token) =>
      task(
        {
          report: (step) =>
            progress.report(
              step.message === undefined ? step : { ...step, message: visibleMessage(step.message) },
            ),
        },
        token,
      ),
  );
}

/** One of our own icons before a text of the status bar, by its name such as `check` or `sync~spin`. */
export const withIcon = (icon: string, text: string): string => `$(${icon}) ${visibleLabel(text)}`;

/** Says something in the status bar for a while. */
export function showStatus(icon: string, text: string, forMs: number): void {
  vscode.window.setStatusBarMessage(withIcon(icon, text), forMs);
}
