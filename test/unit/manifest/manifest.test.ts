import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface MenuItem {
  readonly command: string;
  readonly when?: string;
}
interface Manifest {
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly {
      readonly view: string;
      readonly contents: string;
      readonly when?: string;
    }[];
    readonly colors: readonly { readonly id: string; readonly defaults: Readonly<Record<string, string>> }[];
    readonly configuration: {
      readonly properties: Readonly<
        Record<
          string,
          {
            readonly default: unknown;
            readonly type: string;
            readonly enum?: readonly string[];
            readonly scope: string;
          }
        >
      >;
    };
  };
}

const manifestText = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(manifestText) as Manifest;
const strings = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
const { contributes } = manifest;
const commandIds = contributes.commands.map(({ command }) => command);
const entryPoint = readFileSync('src/extension.ts', 'utf8');
const sources = readdirSync('src/ui', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join('src/ui', file), 'utf8'))
  .join('\n');

describe('the manifest', () => {
  it('has an implementation for every command, and no implementation without a command', () => {
    const table = readFileSync('src/ui/commands/all.ts', 'utf8');
    const implemented = [...table.matchAll(/'(guestbench\.\w+)':/g)].map((match) => match[1]);
    expect([...implemented, 'guestbench.showLog'].sort()).toEqual([...commandIds].sort());
  });

  it('uses and defines every string key', () => {
    const used = new Set([...manifestText.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]));
    expect([...used].sort()).toEqual(Object.keys(strings).sort());
  });

  it('names only commands that exist, in menus, welcome texts and code', () => {
    const inMenus = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
    const inWelcome = [...JSON.stringify(strings).matchAll(/command:(guestbench\.\w+)/g)].map(
      (match) => match[1],
    );
    const inCode = [...sources.matchAll(/command: '(guestbench\.\w+)'/g)].map((match) => match[1]);
    for (const command of [...inMenus, ...inWelcome, ...inCode]) expect(commandIds).toContain(command);
  });

  it('uses only context keys that the code sets and views that exist', () => {
    const keys = readFileSync('src/ui/contextKeys.ts', 'utf8');
    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    const whens = [
      ...Object.values(contributes.menus).flatMap((items) => items.map(({ when }) => when ?? '')),
      ...contributes.viewsWelcome.map(({ when }) => when ?? ''),
    ];
    for (const when of whens) {
      for (const [, view] of when.matchAll(/view == ([\w.]+)/g)) expect(views).toContain(view);
      const rest = when.replaceAll(/(view|activeCustomEditorId) == [\w.]+/g, '');
      for (const [, key] of rest.matchAll(/guestbench\.(\w+)/g))
        expect(keys).toMatch(new RegExp(`\\b${key}: `));
    }
  });

  it('gives every setting a default of its own type and a scope', () => {
    for (const [name, property] of Object.entries(contributes.configuration.properties)) {
      const type = typeof property.default;
      expect(property.type === 'integer' ? 'number' : property.type, name).toBe(type);
      if (property.enum) expect(property.enum).toContain(property.default);
      expect(property.scope, name).toMatch(/^(machine|window|resource)$/);
    }
  });

  it('reads exactly its settings, and the README lists them all', () => {
    const names = Object.keys(contributes.configuration.properties);
    const read = [...readFileSync('src/ui/settings.ts', 'utf8').matchAll(/^ {2}(\w+): z\./gm)].map(
      (match) => `guestbench.${match[1]}`,
    );
    expect([...read].sort()).toEqual([...names].sort());
    const readme = readFileSync('README.md', 'utf8');
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });

  it('keeps what reaches a host, a file or a command in machine scope', () => {
    const { properties } = contributes.configuration;
    for (const name of ['labFile', 'resultsFolder', 'connectTimeoutSeconds']) {
      expect(properties[`guestbench.${name}`]?.scope).toBe('machine');
    }
  });

  it('defines each colour for all four kinds of theme', () => {
    for (const { defaults } of contributes.colors) {
      expect(Object.keys(defaults).sort()).toEqual(['dark', 'highContrast', 'highContrastLight', 'light']);
    }
  });

  it('is typed against the oldest VS Code it runs on', () => {
    expect(manifest.engines.vscode).toBe(`^${manifest.devDependencies['@types/vscode']}`);
  });

  it('activates by itself only where a tab of its own is to be brought back, which VS Code cannot infer', () => {
    const registered = [...entryPoint.matchAll(/registerWebviewPanelSerializer\(\s*'([\w.]+)'/g)];
    expect(manifest.activationEvents).toEqual(registered.map(([, type]) => `onWebviewPanel:${type ?? ''}`));
  });

  it('ships every file it names', () => {
    for (const [, file] of manifestText.matchAll(/"(?:\.\/)?(media\/[^"]+)"/g)) {
      expect(existsSync(file ?? ''), file).toBe(true);
    }
  });
});

describe('the pictures of the documentation', () => {
  it('exist', () => {
    for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/ARCHITECTURE.md']) {
      for (const [, file] of readFileSync(page, 'utf8').matchAll(/\]\((docs\/pictures\/[^)]+)\)/g)) {
        expect(existsSync(file ?? ''), `${page}: ${file ?? ''}`).toBe(true);
      }
    }
  });
});
