/** Quick picks, input boxes and file dialogs; see messages.ts. */
import * as vscode from 'vscode';
import { visibleItem, visibleMessage, visiblePrompt, type Lines } from '../visibleText';

type Picking = Pick<
  vscode.QuickPickOptions,
  'title' | 'placeHolder' | 'ignoreFocusOut' | 'matchOnDescription' | 'matchOnDetail'
>;

/** Resolves to the items as they were given. */
export function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Picking & { readonly canPickMany: true },
): Promise<T[] | undefined>;
export function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Picking,
): Promise<T | undefined>;
export async function showQuickPick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Picking & { readonly canPickMany?: true },
): Promise<T | T[] | undefined> {
  const shown = items.map((item) => ({ shown: visibleItem(item), item }));
  const { title, placeHolder } = options;
  const picked: unknown = await vscode.window.showQuickPick(
    shown.map((each) => each.shown),
    {
      ...options,
      ...(title === undefined ? {} : { title: visibleMessage(title) }),
      ...(placeHolder === undefined ? {} : { placeHolder: visibleMessage(placeHolder) }),
    },
  );
  const given = (one: unknown) => shown.find((each) => each.shown === one)?.item;
  return Array.isArray(picked) ? picked.map(given).filter((item) => item !== undefined) : given(picked);
}

/** A quick pick whose properties are set as those of VS Code's own; its items come back as they were given. */
export function createQuickPick<T extends vscode.QuickPickItem>(): vscode.QuickPick<T> {
  const shownOf = new Map<T, T>();
  const givenOf = new Map<T, T>();
  const show = (items: readonly T[]): readonly T[] =>
    items.map((item) => {
      const shown = shownOf.get(item) ?? visibleItem(item);
      shownOf.set(item, shown);
      givenOf.set(shown, item);
      return shown;
    });
  const given = (items: readonly T[]): readonly T[] => items.map((item) => givenOf.get(item) ?? item);
  return filtered(
    vscode.window.createQuickPick<T>(),
    {
      title: orNone(visibleMessage),
      placeholder: orNone(visibleMessage),
      items: show,
      activeItems: show,
      selectedItems: show,
    },
    { items: given, activeItems: given, selectedItems: given },
  );
}

/** An input box whose properties are set as those of VS Code's own. */
export function createInputBox(): vscode.InputBox {
  return filtered(vscode.window.createInputBox(), {
    title: orNone(visibleMessage),
    placeholder: orNone(visibleMessage),
    prompt: orNone(visiblePrompt),
    validationMessage: visibleVerdict,
  });
}

interface Typing {
  readonly title?: string;
  /** Each entry is a line. */
  readonly prompt?: Lines;
  readonly placeHolder?: string;
  readonly value?: string;
  readonly password?: boolean;
  readonly ignoreFocusOut?: boolean;
  readonly validateInput?: (value: string) => Verdict;
}

/** Resolves to what was typed; undefined: it was closed. */
export async function showInputBox(
  options: Typing,
  token?: vscode.CancellationToken,
): Promise<string | undefined> {
  const { title, prompt, placeHolder, value, validateInput } = options;
  const shown: vscode.InputBoxOptions = {
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.ignoreFocusOut === undefined ? {} : { ignoreFocusOut: options.ignoreFocusOut }),
    ...(title === undefined ? {} : { title: visibleMessage(title) }),
    ...(prompt === undefined ? {} : { prompt: visiblePrompt(prompt) }),
    ...(placeHolder === undefined ? {} : { placeHolder: visibleMessage(placeHolder) }),
    ...(value === undefined ? {} : { value }),
    ...(validateInput === undefined
      ? {}
      : { validateInput: (typed) => visibleVerdict(validateInput(typed)) }),
  };
  return vscode.window.showInputBox(shown, token);
}

type Verdict = string | vscode.InputBoxValidationMessage | undefined;

function visibleVerdict(verdict: Verdict): Verdict {
  if (typeof verdict === 'string') return visibleMessage(verdict);
  return verdict === undefined ? verdict : { ...verdict, message: visibleMessage(verdict.message) };
}

export function showOpenDialog(options: vscode.OpenDialogOptions): Thenable<vscode.Uri[] | undefined> {
  return vscode.window.showOpenDialog(withTitle(options));
}

export function showSaveDialog(options: vscode.SaveDialogOptions): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog(withTitle(options));
}

const withTitle = <T extends { readonly title?: string }>(options: T): T =>
  options.title === undefined ? options : { ...options, title: visibleMessage(options.title) };

const orNone =
  <A>(visible: (text: A) => string) =>
  (text: A | undefined): string | undefined =>
    text === undefined ? undefined : visible(text);

type Filters<T> = { readonly [K in keyof T]?: (value: T[K]) => T[K] };

/** The object with what is set, and what is read, passed through the filters of its properties. */
function filtered<T extends object>(target: T, write: Filters<T>, read: Filters<T> = {}): T {
  return new Proxy(target, {
    set: (_, key, value) => {
      const filter = write[key as keyof T];
      return Reflect.set(target, key, filter ? filter(value as T[keyof T]) : value, target);
    },
    get: (_, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value === 'function') return value.bind(target) as unknown;
      const filter = read[key as keyof T];
      return filter ? filter(value as T[keyof T]) : value;
    },
  });
}
