import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExperimentService } from '../../../src/ui/experimentService';
import type { Log } from '../../../src/ui/log';
import { ResumeByItself } from '../../../src/ui/resumeByItself';
import { RunMemory } from '../../../src/ui/runMemory';

const vscode = vi.hoisted(() => ({
  setting: 'automatically',
  isTrusted: true,
  granted: (): void => undefined,
}));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  workspace: {
    get isTrusted() {
      return vscode.isTrusted;
    },
    onDidGrantWorkspaceTrust: (listener: () => void) => {
      vscode.granted = listener;
      return { dispose: () => undefined };
    },
    getConfiguration: () => ({ get: () => vscode.setting }),
  },
}));

/** A folder's memory as VS Code keeps it. */
function memory(): RunMemory {
  const stored = new Map<string, unknown>();
  return new RunMemory({
    keys: () => [...stored.keys()],
    get: (key: string) => stored.get(key),
    update: (key: string, value: unknown) => {
      stored.set(key, value);
      return Promise.resolve();
    },
  } as ConstructorParameters<typeof RunMemory>[0]);
}

const resumed: string[] = [];
let refuses = false;
const experiments = {
  list: () =>
    Promise.resolve([
      { file: 'ours', label: 'Ours', state: 'interrupted' },
      { file: 'stopped', label: 'Stopped', state: 'interrupted' },
      { file: 'elsewhere', label: 'Elsewhere', state: 'elsewhere' },
      { file: 'over', label: 'Over', state: 'completed' },
      { file: 'strange', label: 'Of another computer', state: 'interrupted' },
    ]),
  resume: (file: string, how: string) => {
    resumed.push(`${file} ${how}`);
    return refuses ? Promise.reject(new Error('needs an answer')) : Promise.resolve();
  },
} as unknown as ExperimentService;
const warnings: string[] = [];
const log = { info: () => undefined, warn: (text: string) => warnings.push(text) } as unknown as Log;

async function remembered(): Promise<RunMemory> {
  const runs = memory();
  for (const file of ['ours', 'stopped', 'elsewhere', 'over']) await runs.note(file);
  await runs.forget('stopped');
  return runs;
}

beforeEach(() => {
  resumed.length = 0;
  warnings.length = 0;
  refuses = false;
  Object.assign(vscode, { setting: 'automatically', isTrusted: true });
});

describe('resuming by itself', () => {
  it('takes what this folder was running and nobody stopped, and nothing that another window has', async () => {
    await new ResumeByItself(experiments, await remembered(), log).begin();
    expect(resumed).toEqual(['ours by-itself']);
  });

  it('waits for the setting', async () => {
    for (const setting of ['ask', 'manually']) {
      vscode.setting = setting;
      await new ResumeByItself(experiments, await remembered(), log).begin();
    }
    expect(resumed).toEqual([]);
  });

  it('waits for trust in the folder', async () => {
    vscode.isTrusted = false;
    const byItself = new ResumeByItself(experiments, await remembered(), log);
    await byItself.begin();
    expect(resumed).toEqual([]);
    vscode.isTrusted = true;
    vscode.granted();
    await vi.waitFor(() => expect(resumed).toEqual(['ours by-itself']));
  });

  it('leaves in the tree what cannot go on without a person', async () => {
    refuses = true;
    await new ResumeByItself(experiments, await remembered(), log).begin();
    expect(warnings).toEqual(['Ours was not resumed by itself: needs an answer']);
  });

  it('survives a memory that holds something else', () => {
    const runs = new RunMemory({ get: () => ({}) } as unknown as ConstructorParameters<typeof RunMemory>[0]);
    expect(runs.files).toEqual([]);
  });
});
