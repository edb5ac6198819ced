import * as vscode from 'vscode';
import type { ExperimentSummary } from './experiment/runner';
import type { App } from './ui/app';
import type { ExperimentEntry } from './ui/experimentEntry';
import type { RunOptions } from './ui/experimentPlan';
import type { GuestState } from './ui/guestService';
import { LazyEditor, LazyTree } from './ui/lazy';
import { createLog, createTreeView, type VisibleTree } from './ui/visible/views';

/** For tests and other extensions. */
export interface GuestbenchApi {
  readonly lab: {
    /** Names of the guests with what is known of each. */
    guests(): Promise<ReadonlyMap<string, GuestState>>;
    refresh(names?: readonly string[]): Promise<void>;
  };
  readonly experiments: { list(): Promise<readonly ExperimentEntry[]> };
  readonly run: (options: RunOptions) => Promise<ExperimentSummary>;
}

/** Registers everything; what needs more than this file is loaded when it is first used. */
export function activate(context: vscode.ExtensionContext): GuestbenchApi {
  const log = createLog('Guestbench');
  context.subscriptions.push(log);

  const report = async (what: string, error: unknown): Promise<void> =>
    (await import('./ui/reporting')).reportFailure(log, what, error);

  let loading: Promise<App> | undefined;
  const app = (): Promise<App> =>
    (loading ??= import('./ui/app').then(({ createApp }) => {
      const created = createApp(context, log);
      context.subscriptions.push(
        created,
        vscode.workspace.registerTextDocumentContentProvider('guestbench-output', {
          provideTextDocumentContent: async (uri) =>
            (await created.services.reports()).outputs.provideTextDocumentContent(uri),
        }),
      );
      return created;
    }));

  const reports = async () => (await app()).services.reports();

  const manifest = context.extension.packageJSON as {
    contributes: { commands: { command: string; title: string }[] };
  };
  for (const { command, title } of manifest.contributes.commands) {
    const run =
      command === 'guestbench.showLog'
        ? () => log.show()
        : async (...args: unknown[]) => {
            try {
              return await (await app()).run(command, args);
            } catch (error) {
              void report(title, error);
              return undefined;
            }
          };
    context.subscriptions.push(vscode.commands.registerCommand(command, run));
  }

  const guests = createTreeView('guestbench.guests', {
    treeDataProvider: new LazyTree(async () => (await app()).guestsView),
    canSelectMany: true,
    showCollapseAll: true,
  });
  const experiments: VisibleTree = createTreeView<ExperimentEntry>('guestbench.experiments', {
    treeDataProvider: new LazyTree(async () => {
      const view = (await app()).experimentsView;
      view.offerIn(experiments);
      return view;
    }),
    canSelectMany: true,
  });
  const noteVisible = (isVisible: boolean): void =>
    void app().then(
      (loaded) => loaded.guestsVisible(isVisible),
      (error: unknown) => report('Guestbench', error),
    );
  if (guests.isVisible()) noteVisible(true);
  context.subscriptions.push(
    guests,
    experiments,
    guests.onDidChangeVisibility(({ visible }) => noteVisible(visible)),
    vscode.window.registerCustomEditorProvider(
      'guestbench.report',
      new LazyEditor(async () => (await reports()).editor),
      { supportsMultipleEditorsPerDocument: false },
    ),
    vscode.window.registerWebviewPanelSerializer('guestbench.compare', {
      deserializeWebviewPanel: async (panel, state) =>
        (await reports()).compared.deserializeWebviewPanel(panel, state),
    }),
    vscode.window.registerWebviewPanelSerializer('guestbench.trend', {
      deserializeWebviewPanel: async (panel, state) =>
        (await reports()).trends.deserializeWebviewPanel(panel, state),
    }),
  );

  return {
    lab: {
      guests: async () => {
        const { lab, guests: service } = (await app()).services;
        await lab.open();
        return new Map(lab.lab.guests.map(({ name }) => [name, service.state(name)]));
      },
      refresh: async (names) => {
        const { lab, guests: service } = (await app()).services;
        await lab.open();
        await service.refresh(names, 'ask');
      },
    },
    experiments: { list: async () => (await app()).services.experiments.list() },
    run: async (options) => (await app()).services.experiments.run(options),
  };
}

export function deactivate(): void {
  // Everything is disposed through the context's subscriptions.
}
