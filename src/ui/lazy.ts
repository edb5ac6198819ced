import * as vscode from 'vscode';

/** A tree whose provider is loaded when the tree is first looked at. */
export class LazyTree<T> implements vscode.TreeDataProvider<T> {
  private readonly changed = new vscode.EventEmitter<T | T[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private loaded: Promise<vscode.TreeDataProvider<T>> | undefined;
  private provider: vscode.TreeDataProvider<T> | undefined;

  constructor(private readonly load: () => Promise<vscode.TreeDataProvider<T>>) {}

  async getChildren(element?: T): Promise<T[]> {
    return (await (await this.get()).getChildren(element)) ?? [];
  }

  getTreeItem(element: T): vscode.TreeItem | Thenable<vscode.TreeItem> {
    // Rows exist only once the provider does.
    return this.provider ? this.provider.getTreeItem(element) : new vscode.TreeItem('');
  }

  async resolveTreeItem(
    item: vscode.TreeItem,
    element: T,
    token: vscode.CancellationToken,
  ): Promise<vscode.TreeItem> {
    return (await this.provider?.resolveTreeItem?.(item, element, token)) ?? item;
  }

  private get(): Promise<vscode.TreeDataProvider<T>> {
    return (this.loaded ??= this.load().then((provider) => {
      this.provider = provider;
      provider.onDidChangeTreeData?.((changed) => this.changed.fire(changed ?? undefined));
      return provider;
    }));
  }
}

/** A custom editor whose provider is loaded when the first file is opened. */
export class LazyEditor<T extends vscode.CustomDocument> implements vscode.CustomReadonlyEditorProvider<T> {
  constructor(private readonly load: () => Promise<vscode.CustomReadonlyEditorProvider<T>>) {}

  async openCustomDocument(
    uri: vscode.Uri,
    context: vscode.CustomDocumentOpenContext,
    token: vscode.CancellationToken,
  ): Promise<T> {
    return (await this.load()).openCustomDocument(uri, context, token);
  }

  async resolveCustomEditor(
    document: T,
    panel: vscode.WebviewPanel,
    token: vscode.CancellationToken,
  ): Promise<void> {
    await (await this.load()).resolveCustomEditor(document, panel, token);
  }
}
