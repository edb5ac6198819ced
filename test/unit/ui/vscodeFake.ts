/**
 * A small `vscode` that notes what it is told to show, for tests: `vi.mock('vscode', () => import('./vscodeFake'))`. What
 * a person would answer is put into `answers`, first come first served: the label of a button or a row, or a text.
 */
type Options = Record<string, unknown>;

/** One text where VS Code shows it, such as `message` or `quickPick.label`. */
export interface Shown {
  readonly where: string;
  readonly text: string;
}

export const shown: Shown[] = [];
export const answers: string[] = [];
/** What inputs, terminals and trees were made, for a test to act on. */
export const made: { kind: string; options: Options; object: Options }[] = [];

export function forget(): void {
  shown.length = 0;
  answers.length = 0;
  made.length = 0;
}

export function textsAt(where: string): readonly string[] {
  return shown.filter((one) => one.where === where).map(({ text }) => text);
}

function note(where: string, value: unknown): void {
  if (typeof value === 'string') shown.push({ where, text: value });
  else if (value instanceof MarkdownString) shown.push({ where: `${where}.markdown`, text: value.value });
  else if (Array.isArray(value)) for (const one of value) note(where, one);
  else if (typeof value === 'object' && value !== null && 'message' in value) note(where, value.message);
}

const rowTexts = ['label', 'description', 'detail', 'tooltip'] as const;
function noteItems(where: string, items: readonly Options[]): void {
  for (const item of items) for (const text of rowTexts) note(`${where}.${text}`, item[text]);
}

function message(kind: string) {
  return (text: string, ...rest: readonly unknown[]): Promise<unknown> => {
    const items = rest.filter(
      (one): one is { title: string } => typeof one === 'object' && one !== null && 'title' in one,
    );
    const [options] = rest.filter(
      (one): one is Options => typeof one === 'object' && one !== null && !('title' in one),
    );
    const isModal = options?.['modal'] === true;
    note(isModal ? 'modal' : 'message', text);
    if (isModal) note('modal.detail', options['detail']);
    for (const { title } of items) note('button', title);
    made.push({ kind, options: options ?? {}, object: {} });
    const answer = answers.shift();
    return Promise.resolve(items.find(({ title }) => title === answer));
  };
}

/** An object that notes each text it is given, and tells its listeners what the test says. */
function noting(kind: string, texts: Readonly<Record<string, string>>, extra: Options = {}): Options {
  const object: Options = new Proxy(extra, {
    set: (target, key, value) => {
      target[String(key)] = value;
      const where = texts[String(key)];
      if (where !== undefined) note(where, value);
      if (key === 'items') noteItems(kind, value as readonly Options[]);
      return true;
    },
  });
  made.push({ kind, options: {}, object });
  return object;
}

const inputTexts = (kind: string) => ({
  title: `${kind}.title`,
  placeholder: `${kind}.placeholder`,
  prompt: `${kind}.prompt`,
  validationMessage: `${kind}.validation`,
});

function input(kind: string): Options {
  const { emitters, events } = listeners(
    'onDidAccept',
    'onDidHide',
    'onDidChangeValue',
    'onDidTriggerButton',
  );
  return noting(kind, inputTexts(kind), {
    ...{ ...events, emitters, items: [], selectedItems: [], activeItems: [], value: '', buttons: [] },
    ...{
      show: () => undefined,
      dispose: () => undefined,
      hide: () => emitters['onDidHide']?.fire(undefined),
    },
  });
}

function listeners(...names: readonly string[]) {
  const emitters = Object.fromEntries(names.map((name) => [name, new EventEmitter<unknown>()]));
  const events = Object.fromEntries(names.map((name) => [name, emitters[name]!.event]));
  return { emitters, events };
}

export class EventEmitter<T> {
  private readonly heard = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void) => {
    this.heard.add(listener);
    return { dispose: () => this.heard.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.heard) listener(value);
  }
  dispose(): void {
    this.heard.clear();
  }
}

export class CancellationError extends Error {}
export class CancellationTokenSource {
  readonly token = {
    isCancellationRequested: false,
    onCancellationRequested: () => ({ dispose: () => undefined }),
  };
  cancel(): void {
    this.token.isCancellationRequested = true;
  }
  dispose(): void {
    // Nothing is held.
  }
}
export class MarkdownString {
  constructor(public value = '') {}
}
export class TreeItem {
  constructor(
    public label: string,
    public collapsibleState?: number,
  ) {}
}
export class ThemeIcon {
  constructor(public readonly id: string) {}
}
export class ThemeColor {
  constructor(public readonly id: string) {}
}
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const StatusBarAlignment = { Left: 1, Right: 2 };
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 };
export const QuickPickItemKind = { Separator: -1, Default: 0 };
export const QuickInputButtons = { Back: {} };
export const InputBoxValidationSeverity = { Info: 1, Warning: 2, Error: 3 };
export const TerminalExitReason = { Unknown: 0, Shutdown: 1, Process: 2, User: 3, Extension: 4 };
export const ViewColumn = { Active: -1 };
export const Uri = class {
  constructor(readonly fsPath: string) {}
  static file(file: string) {
    return new Uri(file);
  }
};

export const l10n = {
  t: (text: string, ...values: readonly unknown[]) =>
    text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
};

export const workspace = {
  isTrusted: true,
  workspaceFolders: undefined,
  getConfiguration: () => ({ get: () => undefined, inspect: () => undefined }),
  onDidChangeConfiguration: () => ({ dispose: () => undefined }),
};

export const window = {
  showInformationMessage: message('information'),
  showWarningMessage: message('warning'),
  showErrorMessage: message('error'),
  showQuickPick: (items: readonly Options[], options: Options = {}): Promise<unknown> => {
    noteItems('quickPick', items);
    note('quickPick.title', options['title']);
    note('quickPick.placeholder', options['placeHolder']);
    made.push({ kind: 'quickPick', options, object: {} });
    const answer = answers.shift();
    const chosen = items.filter(({ label }) => label === answer);
    return Promise.resolve(options['canPickMany'] === true ? chosen : chosen[0]);
  },
  showInputBox: (options: Options): Promise<string | undefined> => {
    for (const text of ['title', 'prompt'] as const) note(`input.${text}`, options[text]);
    note('input.placeholder', options['placeHolder']);
    const answer = answers.shift();
    const validate = options['validateInput'] as ((text: string) => unknown) | undefined;
    if (answer !== undefined) note('input.validation', validate?.(answer));
    return Promise.resolve(answer);
  },
  showOpenDialog: (options: Options) => dialog(options),
  showSaveDialog: (options: Options) => dialog(options),
  createQuickPick: () => input('quickPick'),
  createInputBox: () => input('input'),
  setStatusBarMessage: (text: string) => note('statusBar', text),
  createStatusBarItem: () =>
    noting(
      'statusItem',
      { name: 'statusBar.name', text: 'statusBar', tooltip: 'statusBar.tooltip' },
      { show: () => undefined, hide: () => undefined, dispose: () => undefined },
    ),
  createTerminal: (options: Options) => {
    note('terminal.name', options['name']);
    const object = { show: () => undefined, dispose: () => undefined };
    made.push({ kind: 'terminal', options, object });
    return object;
  },
  onDidCloseTerminal: () => ({ dispose: () => undefined }),
  createOutputChannel: (name: string) => {
    note('log.name', name);
    const write = (text: string) => note('log', text);
    const levels = { trace: write, debug: write, info: write, warn: write, error: write };
    return { ...levels, show: () => undefined, dispose: () => undefined };
  },
  createTreeView: (id: string, options: Options) => {
    const object = noting('tree', { message: 'tree.message' }, { visible: true });
    made.push({ kind: `tree:${id}`, options, object });
    return object;
  },
  createWebviewPanel: (_type: string, title: string) => {
    note('tab', title);
    return noting('panel', { title: 'tab' });
  },
  withProgress: (
    options: Options,
    task: (progress: unknown, token: unknown) => Promise<unknown>,
  ): Promise<unknown> => {
    note('progress', options['title']);
    const report = (step: { message?: string }) => note('progress', step.message);
    return task({ report }, new CancellationTokenSource().token);
  },
};

function dialog(options: Options): Promise<undefined> {
  note('dialog.title', options['title']);
  return Promise.resolve(undefined);
}
