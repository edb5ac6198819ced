import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Target } from '../../../src/ssh/transport';
import { cleanUpGuest } from '../../../src/ui/commands/cleanUpGuest';
import type { Log } from '../../../src/ui/log';
import { VscodePrompter } from '../../../src/ui/prompter';
import { reportFailure } from '../../../src/ui/reporting';
import type { Services } from '../../../src/ui/services';
import { UserError } from '../../../src/model/userError';
import { hostileTexts, unseen } from '../../hostileStrings';
import { answers, forget, shown, textsAt } from './vscodeFake';

vi.mock('vscode', () => import('./vscodeFake'));
const onGuest = vi.hoisted(() => ({ text: '' }));
vi.mock('../../../src/ssh/jobs', () => ({
  Jobs: class {
    readonly holder = {
      ...{ id: onGuest.text, who: onGuest.text, label: onGuest.text, job: undefined },
      ...{ heldSeconds: 60, quietSeconds: 0 },
    };
    lease = () => Promise.resolve(this.holder);
    list = () => Promise.resolve([{ id: onGuest.text, state: 'running' }]);
    cancel = () => Promise.resolve();
    cleanUp = () =>
      Promise.resolve({ jobs: 1, sources: 1, processes: 0, lock: onGuest.text, lease: this.holder });
  },
}));
beforeEach(forget);

const texts = Object.values(hostileTexts);
const links = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)/i;
const fingerprint = 'SHA256:0123456789012345678901234567890123456789012';
const target = (text: string): Target => ({
  ...{ name: text, address: text, port: 22, user: text },
  ...{ identityFiles: [], identitiesOnly: false, agent: undefined, jumps: [] },
});
const log: Log = {
  ...{ trace: vi.fn(), debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  ...{ show: vi.fn(), dispose: vi.fn() },
};
const secrets = { get: () => Promise.resolve(undefined), store: vi.fn(), delete: vi.fn() };
const prompter = () => new VscodePrompter(secrets as never, log);

function expectHarmless(): void {
  expect(shown).not.toEqual([]);
  for (const { where, text } of shown) {
    expect(text, where).not.toMatch(unseen);
    expect(text, where).not.toMatch(links);
  }
}

describe('questions about machines with hostile names', () => {
  it('show the key of the machine where it belongs, and no other', async () => {
    for (const text of texts) {
      answers.push('Trust This Key');
      const isTrusted = await prompter().confirmHostKey({
        ...{ target: target(text), keyType: 'ssh-ed25519', fingerprint },
      });
      expect(isTrusted).toBe(true);
      const lines = (textsAt('modal.detail').at(-1) ?? '').split('\n');
      expect(lines.slice(2, 4)).toEqual(['It presents the ssh-ed25519 key', fingerprint]);
      expect(lines.filter((line) => line.startsWith('SHA256:'))).toEqual([fingerprint]);
    }
    expectHarmless();
  });

  it('tell of a changed key in lines of ours only', async () => {
    for (const text of texts) {
      const known = [{ keyType: 'ssh-rsa', fingerprint, where: text }];
      await prompter().reportChangedHostKey({
        target: target(text),
        keyType: text,
        fingerprint: text,
        known,
      });
      expect((textsAt('modal.detail').at(-1) ?? '').split('\n')).toHaveLength(10);
    }
    expectHarmless();
  });

  it('say whose words a server’s are, which make no link', async () => {
    for (const text of texts) {
      answers.push('typed');
      await prompter().answers(target(text), text, text, [{ prompt: text, echo: false }]);
      await prompter().secret({ kind: 'password', target: target(text), attempt: 1 });
      await prompter().secret({ kind: 'passphrase', target: target(text), attempt: 2, file: text });
    }
    for (const title of textsAt('input.title').filter((each) => each.includes('Question')))
      expect(title).toMatch(/^Question from /);
    expectHarmless();
  });
});

describe('messages about guests with hostile text on them', () => {
  it('make no link of who keeps a guest, for what, and with which job', async () => {
    const services = {
      ...{ log, lab: { open: () => Promise.resolve() } },
      guests: { activity: () => undefined },
      experiments: { leftLeases: new Set() },
    } as unknown as Services;
    for (const text of texts) {
      onGuest.text = text;
      answers.push('Clean Up All the Same', 'End It');
      await cleanUpGuest(services, { guests: [text] });
      for (const detail of textsAt('modal.detail')) expect(detail).not.toContain('\n');
    }
    expect(textsAt('message')).toHaveLength(texts.length);
    expectHarmless();
  });

  it('make none of a failure either', async () => {
    for (const text of texts) {
      await reportFailure(log, text, new UserError(text));
      await reportFailure(log, text, new Error(text));
    }
    expect(textsAt('message')).toHaveLength(2 * texts.length);
    expectHarmless();
  });
});
