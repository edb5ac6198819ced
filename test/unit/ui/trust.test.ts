import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionPool } from '../../../src/ssh/pool';
import { commands } from '../../../src/ui/commands/all';
import { GuestService } from '../../../src/ui/guestService';
import { hostConnector } from '../../../src/ui/hostConnector';
import type { LabService } from '../../../src/ui/labService';
import type { Log } from '../../../src/ui/log';
import type { VscodePrompter } from '../../../src/ui/prompter';
import type { Services } from '../../../src/ui/services';

// Files share their modules: here they are to see this `vscode`, and in no other file.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.resetModules();
});
vi.mock('vscode', () => {
  const cancelled = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    l10n: { t: (text: string) => text },
    CancellationError: class extends Error {},
    EventEmitter: class {
      event = () => ({ dispose: () => undefined });
      fire = () => undefined;
      dispose = () => undefined;
    },
    ProgressLocation: { Notification: 15 },
    QuickPickItemKind: { Separator: -1 },
    ViewColumn: { Active: -1 },
    Uri: Map,
    window: {
      showQuickPick: cancelled,
      showInputBox: cancelled,
      showOpenDialog: cancelled,
      showWarningMessage: cancelled,
      withProgress: (_: unknown, work: (progress: object, token: object) => unknown) =>
        work({}, { onCancellationRequested: () => undefined }),
    },
    workspace: { isTrusted: false, workspaceFolders: [], getConfiguration: () => ({ get: () => '' }) },
  };
});

const guest = { name: 'a', address: '192.0.2.1' };
const connected: unknown[] = [];
const pool = {
  get: (target: unknown) => {
    connected.push(target);
    return Promise.reject(new Error('connected'));
  },
  forget: () => undefined,
} as unknown as ConnectionPool;
const lab = {
  lab: { hosts: [], guests: [guest], suites: {} },
  uri: { fsPath: '/lab/guestbench.lab.json' },
  guest: () => guest,
  open: () => Promise.resolve(),
  reload: () => Promise.resolve(),
  onDidChange: () => ({ dispose: () => undefined }),
  addGuest: () => Promise.resolve(),
} as unknown as LabService;
const log = new Proxy({}, { get: () => () => undefined }) as Log;

let guests: GuestService;
beforeEach(() => {
  connected.length = 0;
  guests = new GuestService(lab, pool, { silent: {} } as unknown as VscodePrompter, log);
});

describe('an untrusted workspace', () => {
  it('connects to nothing, whoever asks for it', async () => {
    const target = await guests.target(guest);
    for (const work of [
      () => guests.connect('a', 'ask'),
      () => guests.connectTo(target, 'ask'),
      () => guests.connectTo(target, 'silent'),
      () => guests.connectAnew(target),
      () => guests.tryGuest(guest),
      () => guests.probe('a', 'ask'),
      () => hostConnector(guests)({ name: 'lab1', address: '192.0.2.2' }),
    ] as readonly (() => Promise<unknown>)[])
      await expect(Promise.resolve().then(work)).rejects.toThrow(/not trusted/);
    await guests.refresh(undefined, 'silent');
    expect(guests.state('a')).toMatchObject({
      kind: 'error',
      message: expect.stringMatching(/not trusted/) as string,
    });
    expect(connected).toEqual([]);
  });

  it('has no command that connects, runs or installs', async () => {
    const experiments = new Proxy(
      { runningNow: () => [], list: () => Promise.resolve([]), folder: '/nowhere/at/all' },
      { get: (known: Record<string, unknown>, name: string) => known[name] ?? (() => undefined) },
    );
    const reports = () => Promise.resolve({ editor: {}, compared: {}, trends: {} });
    const services = { lab, guests, experiments, pool, log, reports } as unknown as Services;
    for (const [id, command] of Object.entries(commands)) {
      const options = {
        guests: ['a'],
        guest,
        benchmark: 'sqlite',
        benchmarks: ['sqlite'],
        rounds: 1,
        name: 'a',
      };
      const error: unknown = await Promise.resolve()
        .then(() => command(services, options))
        .catch((failure: unknown) => failure);
      expect(connected, id).toEqual([]);
      if (acts.includes(id)) expect(String(error), id).toMatch(/not trusted/);
    }
    expect(acts.filter((id) => !(id in commands))).toEqual([]);
  });

  it('has one place that makes connections, and that asks first', () => {
    const sources = ['src/ui', 'src/ui/commands', 'src/ui/views'].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(folder, name)),
    );
    const makers = sources.filter((file) =>
      /\bpool\.get\(|\bconnect\(.*hostKeys/.test(readFileSync(file, 'utf8')),
    );
    expect(makers).toEqual([join('src', 'ui', 'guestService.ts')]);
  });
});

/** Commands that reach a guest, or change what is on one. */
const acts = [
  'guestbench.cleanUpGuest',
  'guestbench.connectGuest',
  'guestbench.prepareGuest',
  'guestbench.refreshGuests',
  'guestbench.resumeExperiment',
  'guestbench.runBenchmarks',
  'guestbench.takeOverGuest',
  'guestbench.tryBenchmark',
];
