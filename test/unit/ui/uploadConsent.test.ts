import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { UploadConsent } from '../../../src/ui/uploadConsent';

// Files share their modules: here they are to see this `vscode`, and in no other file.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.resetModules();
});
const vscode = vi.hoisted(() => ({
  answer: undefined as string | undefined,
  asked: [] as { detail: string; modal: boolean; buttons: readonly string[] }[],
}));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  CancellationError: class extends Error {
    override readonly name = 'Canceled';
  },
  window: {
    showWarningMessage: (
      _: string,
      options: { detail: string; modal: boolean },
      ...buttons: { title: string }[]
    ) => {
      vscode.asked.push({ ...options, buttons: buttons.map(({ title }) => title) });
      return Promise.resolve(buttons.find(({ title }) => title === vscode.answer));
    },
  },
}));

const stored = new Map<string, unknown>();
const memento = {
  get: (key: string) => stored.get(key),
  update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
} as unknown as ConstructorParameters<typeof UploadConsent>[0];

beforeEach(() => {
  stored.clear();
  vscode.asked.length = 0;
  vscode.answer = undefined;
});

describe('files of this computer that a lab file names', () => {
  const [key, tar] = ['/home/ann/.ssh/id_ed25519', '/srv/linux.tar'];

  it('are uploaded only after a yes, which is not what Enter presses', async () => {
    const consent = new UploadConsent(memento);
    await expect(consent.confirm([key, tar])).rejects.toMatchObject({ name: 'Canceled' });
    vscode.answer = 'Do Not Upload';
    await expect(consent.confirm([key, tar])).rejects.toMatchObject({ name: 'Canceled' });
    expect(vscode.asked[0]).toMatchObject({ modal: true, buttons: ['Do Not Upload', 'Upload'] });
    expect(vscode.asked[0]?.detail.split('\n').slice(0, 2)).toEqual([key, tar]);
    expect(stored.size).toBe(0);
  });

  it('are asked for once a workspace, each by its whole path', async () => {
    vscode.answer = 'Upload';
    await new UploadConsent(memento).confirm([tar]);
    await new UploadConsent(memento).confirm([tar]);
    expect(vscode.asked.length).toBe(1);
    await new UploadConsent(memento).confirm([tar, key]);
    expect(vscode.asked.length).toBe(2);
    expect(vscode.asked[1]?.detail).toContain(key);
    expect(vscode.asked[1]?.detail).not.toContain(tar);
  });

  it('are shown with every letter visible', async () => {
    await expect(new UploadConsent(memento).confirm(['/a\u202eb'])).rejects.toThrow();
    expect(vscode.asked[0]?.detail).not.toContain('\u202e');
  });
});
