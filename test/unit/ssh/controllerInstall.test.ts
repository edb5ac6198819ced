import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerScript } from '../../../src/ssh/controller';
import { installController } from '../../../src/ssh/controllerInstall';
import type { Connection } from '../../../src/ssh/transport';

/** The shell of this machine stands for the guest; another account there has been quicker. */
describe('the controller script on a guest whose /var/tmp others write to', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gb-install-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const install = () => {
    const exec = (_: string, { stdin }: { stdin: string }) => {
      const env = { ...process.env, GUESTBENCH_PREFIX: join(folder, 'gb') };
      const { stdout, stderr, status } = spawnSync('/bin/sh', ['-s'], { input: stdin, env });
      return Promise.resolve({ stdout, stderr, code: status, signal: null });
    };
    return installController({ exec, target: { name: 'g', user: 'me' } } as unknown as Connection);
  };

  it('stands there whole, for its account alone, with nothing beside it', async () => {
    const path = await install();
    expect(readFileSync(path, 'utf8')).toBe(controllerScript);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual([basename(path)]);
  });

  it('is written through no link that waits under a name one could guess', async () => {
    const path = await install();
    rmSync(path);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    // A process after this one gets one of these numbers.
    const now = Number(execFileSync('/bin/sh', ['-c', 'echo $$']).toString());
    for (let pid = now; pid < now + 2_000; pid++) symlinkSync(victim, `${path}.${pid}`);
    expect(await install()).toBe(path);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('is not put into a folder that a link under its own name leads to', async () => {
    const path = await install();
    rmSync(path);
    const elsewhere = join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, path);
    await expect(install()).rejects.toThrow(
      /a file of another user stands where the controller script belongs/,
    );
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
