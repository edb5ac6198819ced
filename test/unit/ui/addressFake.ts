/** The part of VS Code's API that reads and writes files by address, over a map of what lies elsewhere. */
export class Uri {
  constructor(
    readonly scheme: string,
    readonly authority: string,
    readonly path: string,
  ) {}
  static file(path: string): Uri {
    return new Uri('file', '', path);
  }
  static parse(text: string): Uri {
    const [, scheme = '', authority = '', path = ''] = /^([^:]+):(?:\/\/([^/]*))?(.*)$/.exec(text) ?? [];
    return new Uri(scheme, authority, decodeURIComponent(path));
  }
  static joinPath(uri: Uri, ...parts: readonly string[]): Uri {
    const path = parts.reduce(
      (joined, part) => (part === '..' ? joined.replace(/\/[^/]*$/, '') : `${joined}/${part}`),
      uri.path,
    );
    return uri.with({ path });
  }
  with({ path }: { readonly path: string }): Uri {
    return new Uri(this.scheme, this.authority, path);
  }
  /** As VS Code: the path alone, whatever the scheme. */
  get fsPath(): string {
    return this.path;
  }
  toString(): string {
    const host = this.authority === '' && this.scheme === 'untitled' ? '' : `//${this.authority}`;
    return `${this.scheme}:${host}${encodeURI(this.path)}`;
  }
}

/** Files of other file systems by their address. */
export const elsewhere = new Map<string, Uint8Array>();
/** What the dialogs answer, and the folders and names they proposed. */
export const dialogs: { open: unknown[]; save: unknown; proposed: string[] } = {
  open: [],
  save: undefined,
  proposed: [],
};

const bytesOf = (uri: Uri) => {
  const bytes = elsewhere.get(uri.toString());
  if (bytes === undefined) throw new Error(`FileNotFound: ${uri.toString()}`);
  return bytes;
};

export const fakeVscode = {
  Uri,
  CancellationError: class extends Error {},
  RelativePattern: class {
    constructor(
      readonly base: Uri,
      readonly pattern: string,
    ) {}
  },
  EventEmitter: class {
    readonly event = () => ({ dispose: () => undefined });
    fire(): void {
      // Nobody listens here.
    }
    dispose(): void {
      // Holds nothing.
    }
  },
  l10n: {
    t: (text: string, ...values: readonly unknown[]) =>
      text.replace(/\{(\d+)\}/g, (_match, index: string) => String(values[Number(index)])),
  },
  commands: { executeCommand: () => Promise.resolve() },
  window: {
    showOpenDialog: () => Promise.resolve(dialogs.open),
    showSaveDialog: ({ defaultUri }: { readonly defaultUri: Uri }) => {
      dialogs.proposed.push(defaultUri.toString());
      return Promise.resolve(dialogs.save);
    },
    showQuickPick: (items: readonly unknown[]) => Promise.resolve(items[0]),
    showInputBox: ({ value }: { readonly value?: string }) => Promise.resolve(value ?? 'x'),
    setStatusBarMessage: () => undefined,
  },
  workspace: {
    isTrusted: true,
    createFileSystemWatcher: () => {
      const on = () => ({ dispose: () => undefined });
      return { onDidCreate: on, onDidChange: on, onDidDelete: on, dispose: () => undefined };
    },
    getConfiguration: () => ({ get: () => ({}) }),
    openTextDocument: (uri: Uri) =>
      Promise.resolve({ getText: () => new TextDecoder().decode(bytesOf(uri)) }),
    fs: {
      readFile: (uri: Uri) => Promise.resolve().then(() => bytesOf(uri)),
      stat: (uri: Uri) =>
        Promise.resolve().then(() => ({ size: bytesOf(uri).length, mtime: 1_700_000_000_000 })),
      writeFile: (uri: Uri, bytes: Uint8Array) => {
        if (/^(git|vscode-vfs)$/.test(uri.scheme)) return Promise.reject(new Error('NoPermissions'));
        elsewhere.set(uri.toString(), bytes);
        return Promise.resolve();
      },
    },
  },
};
