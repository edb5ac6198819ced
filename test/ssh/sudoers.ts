import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { has, isRoot, needs } from '../support/needs';

/** Accounts and rules of sudo can be made here: as root, with the packages `sudo` and `passwd`. */
export const canMakeSudoers = {
  root: isRoot,
  sudo: has('sudo', 'visudo'),
  useradd: has('useradd', 'chpasswd'),
};
export const needsSudoers = needs(canMakeSudoers);

export interface Sudoer {
  readonly user: string;
  readonly password: string;
  /** Sets what sudo allows this account; a list of lines in which USER stands for it. */
  allow(lines: readonly string[]): void;
  remove(): void;
}

/** An account of this machine with a random password, which sudo knows nothing of yet. */
export function makeSudoer(): Sudoer {
  const user = `gbtest${randomBytes(4).toString('hex')}`;
  const password = `pw-${randomBytes(9).toString('hex')}`;
  const rules = `/etc/sudoers.d/${user}`;
  execFileSync('useradd', ['--no-create-home', '--home-dir', '/', '--shell', '/bin/sh', user]);
  execFileSync('chpasswd', { input: `${user}:${password}\n` });
  return {
    user,
    password,
    allow: (lines) => {
      const text = `${lines.join('\n').replaceAll('USER', user)}\n`;
      execFileSync('visudo', ['-cf', '-'], { input: text, stdio: ['pipe', 'ignore', 'inherit'] });
      writeFileSync(rules, text, { mode: 0o440 });
    },
    remove: () => {
      rmSync(rules, { force: true });
      execFileSync('userdel', ['--force', user], { stdio: 'ignore' });
    },
  };
}
