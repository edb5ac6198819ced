import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Guest } from '../../../src/model/lab';
import { GuestService } from '../../../src/ui/guestService';
import type { LabService } from '../../../src/ui/labService';
import { RefreshTimer } from '../../../src/ui/refreshTimer';

// The files of a worker share their modules; what was loaded with another fake of vscode would keep it.
vi.hoisted(() => vi.resetModules());
afterAll(() => void vi.resetModules());
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  EventEmitter: class {
    private readonly listeners = new Set<(value: unknown) => void>();
    readonly event = (listener: (value: unknown) => void) => {
      this.listeners.add(listener);
      return { dispose: () => this.listeners.delete(listener) };
    };
    fire(value: unknown): void {
      for (const listener of [...this.listeners]) listener(value);
    }
    dispose(): void {
      this.listeners.clear();
    }
  },
  workspace: {
    isTrusted: true,
    onDidGrantWorkspaceTrust: () => ({ dispose: () => undefined }),
    getConfiguration: () => ({ get: () => 600 }),
  },
}));

const guest = (name: string, host?: string): Guest => ({
  name,
  address: '192.0.2.1',
  ...(host === undefined ? {} : { host }),
});

let guests: Guest[] = [];
let changed: (() => void)[] = [];
const lab = {
  get lab() {
    return { hosts: [], suites: {}, guests };
  },
  open: () => Promise.resolve(),
  onDidChange: (listener: () => void) => {
    changed.push(listener);
    return { dispose: () => undefined };
  },
} as unknown as LabService;

/** A service whose probes are only written down. `during`: what happens while a guest is probed. */
class Recorder extends GuestService {
  readonly asked: string[] = [];
  during: (name: string) => void = () => undefined;

  constructor() {
    super(lab, undefined as never, undefined as never, undefined as never);
  }

  override probe(name: string): Promise<void> {
    this.asked.push(name);
    this.during(name);
    return Promise.resolve();
  }

  override state(name: string): ReturnType<GuestService['state']> {
    const isAsked = this.asked.includes(name);
    return isAsked ? { kind: 'error', message: 'not here', error: 'other' } : { kind: 'unknown' };
  }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

async function shown(): Promise<Recorder> {
  const service = new Recorder();
  const timer = new RefreshTimer(lab, service);
  timer.setVisible(true);
  await settled();
  service.asked.length = 0;
  return service;
}
async function add(...added: readonly Guest[]): Promise<void> {
  guests = [...guests, ...added];
  for (const listener of changed) listener();
  await settled();
}

describe('guests that are new in the lab', () => {
  beforeEach(() => {
    changed = [];
    guests = [];
  });

  it('are asked at once where nothing runs', async () => {
    guests = [guest('a', 'lab1')];
    const service = await shown();
    service.asked.push('a');
    await add(guest('b', 'lab1'), guest('c'));
    expect(service.asked).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['the same host', guest('a', 'lab1'), guest('b', 'lab1'), []],
    ['no host, as the one that runs', guest('a'), guest('b'), []],
    ['no host, written as an empty name', guest('a', ''), guest('b'), []],
    ['another host', guest('a', 'lab1'), guest('b', 'lab2'), ['b']],
    ['no host, beside a host', guest('a', 'lab1'), guest('b'), ['b']],
  ] as const)('while an experiment runs, with %s', async (_what, running, added, asked) => {
    guests = [running];
    const service = await shown();
    service.asked.push(running.name);
    service.setActivity(running.name, 'running openssl');
    await add(added);
    expect(service.asked.slice(1)).toEqual(asked);
  });

  it('are asked when the experiment on their host has ended', async () => {
    guests = [guest('a', 'lab1')];
    const service = await shown();
    service.asked.push('a');
    service.setActivity('a', 'running openssl');
    await add(guest('b', 'lab1'));
    service.setActivity('a', 'waiting for its turn');
    await settled();
    expect(service.asked).toEqual(['a']);
    service.setActivity('a', undefined);
    await settled();
    expect(service.asked).toEqual(['a', 'b']);
  });

  it('wait when a trial begins while another guest of their host is asked', async () => {
    const service = await shown();
    service.during = (name) => {
      if (name === 'a') service.setActivity('z', 'running openssl');
    };
    await add(guest('a', 'lab1'), guest('b', 'lab1'), guest('c', 'lab2'), guest('z', 'lab1'));
    expect([...service.asked].sort()).toEqual(['a', 'c']);
  });
});

describe('what a person asks for', () => {
  it('is asked even while an experiment runs', async () => {
    guests = [guest('a', 'lab1'), guest('b', 'lab1')];
    const service = await shown();
    service.setActivity('a', 'running openssl');
    service.asked.length = 0;
    await service.refresh(['b'], 'ask');
    expect(service.asked).toEqual(['b']);
  });
});
