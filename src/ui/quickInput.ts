import * as vscode from 'vscode';
import { createInputBox, createQuickPick } from './visible/questions';

/** The answer of a person who wants to go back one question. */
export const back = Symbol('back');
export type Back = typeof back;

interface Question {
  readonly title: string;
  /** What is asked, below the title. */
  readonly prompt: string;
}

export interface Choice<T extends vscode.QuickPickItem> extends Question {
  readonly items: readonly T[];
  /** Where the cursor stands at first. */
  readonly active?: T | undefined;
}

/** Asks for one of the items. @throws CancellationError when the question is closed. */
export function pickOne<T extends vscode.QuickPickItem>(choice: Choice<T>): Promise<T | Back> {
  const pick = quickPick(choice);
  if (choice.active !== undefined) pick.activeItems = [choice.active];
  return answer(pick, () => pick.selectedItems[0]);
}

/** Asks for any of the items. @throws CancellationError when the question is closed. */
export function pickSome<T extends vscode.QuickPickItem>(
  choice: Choice<T> & { readonly selected: readonly T[] },
): Promise<readonly T[] | Back> {
  const pick = quickPick(choice);
  pick.canSelectMany = true;
  pick.selectedItems = choice.selected;
  return answer(pick, () => pick.selectedItems);
}

export interface TextQuestion extends Question {
  readonly value: string;
  /** What is wrong with a text; a text with a mere remark is taken. */
  judge(text: string): string | vscode.InputBoxValidationMessage | undefined;
}

/** Asks for a text. @throws CancellationError when the question is closed. */
export function askText(question: TextQuestion): Promise<string | Back> {
  const box = createInputBox();
  box.title = question.title;
  box.prompt = question.prompt;
  box.value = question.value;
  const judge = () => {
    const message = question.judge(box.value);
    box.validationMessage = message;
    return (
      message === undefined ||
      (typeof message !== 'string' && message.severity < vscode.InputBoxValidationSeverity.Error)
    );
  };
  box.onDidChangeValue(judge);
  judge();
  return answer(box, () => (judge() ? box.value : undefined));
}

function quickPick<T extends vscode.QuickPickItem>({ title, prompt, items }: Choice<T>): vscode.QuickPick<T> {
  const pick = createQuickPick<T>();
  pick.title = title;
  pick.placeholder = prompt;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = items;
  return pick;
}

/** Shows a question until there is an answer; `accepted` gives undefined for what is none. */
function answer<T>(
  input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox,
  accepted: () => T | undefined,
): Promise<T | Back> {
  input.ignoreFocusOut = true;
  input.buttons = [vscode.QuickInputButtons.Back];
  return new Promise((resolve, reject) => {
    const end = (value: T | Back) => {
      resolve(value);
      input.hide();
    };
    input.onDidTriggerButton(() => end(back));
    input.onDidAccept(() => {
      const value = accepted();
      if (value !== undefined) end(value);
    });
    input.onDidHide(() => {
      input.dispose();
      reject(new vscode.CancellationError());
    });
    input.show();
  });
}
