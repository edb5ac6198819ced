import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Log } from '../../../src/ui/log';
import { VscodePrompter } from '../../../src/ui/prompter';
import type { SecretQuestion, Target } from '../../../src/ssh/transport';
import { answers, forget, textsAt } from './vscodeFake';

vi.mock('vscode', () => import('./vscodeFake'));

const target: Target = {
  name: 'guest',
  address: '10.0.0.1',
  port: 22,
  user: 'root',
  identityFiles: [],
  identitiesOnly: false,
  agent: undefined,
  jumps: [],
};
const password = (hostKey: string, more: Partial<Target> = {}): SecretQuestion => ({
  kind: 'password',
  target: { ...target, ...more },
  attempt: 1,
  hostKey,
});

describe('a remembered password', () => {
  let kept: Map<string, string>;
  let prompter: VscodePrompter;
  beforeEach(() => {
    forget();
    kept = new Map();
    const secrets = {
      get: (key: string) => Promise.resolve(kept.get(key)),
      store: (key: string, value: string) => Promise.resolve(void kept.set(key, value)),
      delete: (key: string) => Promise.resolve(void kept.delete(key)),
    } as unknown as vscode.SecretStorage;
    prompter = new VscodePrompter(secrets, { info: () => undefined } as unknown as Log);
  });

  const remember = async (question: SecretQuestion): Promise<void> => {
    answers.push('hunter2', 'Remember');
    expect(await prompter.secret(question)).toBe('hunter2');
    prompter.secretOutcome(question, 'right');
    await vi.waitFor(() => expect(kept.size).toBe(1));
  };

  it('is given to the machine with the same host key, account and port only', async () => {
    await remember(password('SHA256:old'));
    expect(await prompter.silent.secret(password('SHA256:old'))).toBe('hunter2');
    for (const other of [
      password('SHA256:new'),
      password('SHA256:old', { user: 'ada' }),
      password('SHA256:old', { address: '10.0.0.2' }),
      password('SHA256:old', { port: 2222 }),
    ])
      expect(await prompter.silent.secret(other)).toBeUndefined();
  });

  it('is neither sent nor forgotten when the key of the machine was replaced', async () => {
    await remember(password('SHA256:old'));
    answers.push('other');
    const question = password('SHA256:new');
    expect(await prompter.secret(question)).toBe('other');
    prompter.secretOutcome(question, 'wrong');
    expect(await prompter.silent.secret(password('SHA256:old'))).toBe('hunter2');
  });

  it('from before host keys were kept with it is not used', async () => {
    kept.set('password:root@10.0.0.1:22', 'hunter2');
    expect(await prompter.silent.secret(password('SHA256:any'))).toBeUndefined();
  });

  it('is forgotten when it was wrong', async () => {
    await remember(password('SHA256:old'));
    const question = password('SHA256:old');
    expect(await prompter.silent.secret(question)).toBe('hunter2');
    prompter.secretOutcome(question, 'wrong');
    await vi.waitFor(() => expect(kept.size).toBe(0));
  });
});

it('notes stand in the question about a host key', async () => {
  forget();
  const prompter = new VscodePrompter(
    {} as vscode.SecretStorage,
    { info: () => undefined } as unknown as Log,
  );
  const notes = ['KnownHostsCommand is not run.'];
  await prompter.confirmHostKey({ target, keyType: 'ssh-ed25519', fingerprint: 'SHA256:x', notes });
  expect(textsAt('modal.detail').join('\n')).toContain('KnownHostsCommand is not run.');
});
