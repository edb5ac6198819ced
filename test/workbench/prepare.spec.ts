import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../support/needs';
import { hasApt, makeAptRepository, type AptRepository } from '../ssh/aptRepository';
import { freePort, hasSshd, startSshServer, type SshServer } from '../ssh/sshServer';
import { canMakeSudoers, makeSudoer, type Sudoer } from '../ssh/sudoers';
import { openWorkbench, themes, type Workbench } from './support/workbench';

let folder: string;
let server: SshServer;
let sudoer: Sudoer;
let apt: AptRepository;
let workbench: Workbench;

/** A file where the source of a kernel is expected; nothing is built here. */
let kernelSource: string;

const command =
  'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 7zip';

/** All of the machine's commands but 7-Zip's, which comes with a package, and the machine's own package manager. */
function commandsWithout7zip(): string {
  const bin = join(folder, 'commands');
  mkdirSync(bin);
  for (const place of ['/usr/sbin', '/usr/bin'])
    for (const name of readdirSync(place))
      if (!name.startsWith('7z') && name !== 'apt-get') {
        rmSync(join(bin, name), { force: true });
        symlinkSync(join(place, name), join(bin, name));
      }
  return bin;
}

/** The word in the cell of a benchmark and a guest. */
async function wordOf(benchmark: string, guest: string): Promise<string> {
  const frame = workbench.webviewFrame();
  const heads = await frame.locator('thead th').allInnerTexts();
  return frame
    .locator('tbody tr', { hasText: benchmark })
    .first()
    .locator('td')
    .nth(heads.indexOf(guest) - 1)
    .locator('.word')
    .innerText();
}

describe('Prepare Guests', needs({ sshd: hasSshd, ...canMakeSudoers, 'apt-get': hasApt }), () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-prepare-'));
    chmodSync(folder, 0o755);
    kernelSource = join(folder, 'linux.tar.xz');
    writeFileSync(kernelSource, '');
    apt = makeAptRepository(join(folder, 'apt'), '7zip', {
      path: 'usr/bin/7z',
      // Debian's package has 7zz only, since its version 26.
      text: '#!/bin/sh\nfor name in 7zz 7z 7za; do [ -x /usr/bin/$name ] && exec /usr/bin/$name "$@"; done\nexit 127\n',
    });
    sudoer = makeSudoer();
    sudoer.allow([
      `Defaults:USER secure_path="${apt.bin}:/usr/bin:/bin", !syslog, !lecture`,
      'USER ALL=(ALL:ALL) ALL',
    ]);
    server = await startSshServer({
      config: [
        `SetEnv GUESTBENCH_PREFIX=${folder}/work PATH=${join(apt.root, 'usr', 'bin')}:${apt.bin}:${commandsWithout7zip()}`,
      ],
    });
    chmodSync(server.folder, 0o755);
    const { port, clientKeyFile: identityFile } = server;
    const address = '127.0.0.1';
    const lab = {
      guests: [
        { name: 'asks', address, port, user: sudoer.user, identityFile },
        { name: 'root', address, port, user: server.user, identityFile },
        { name: 'gone', address, port: await freePort(), user: 'nobody', identityFile },
      ],
    };
    mkdirSync(join(folder, 'lab'));
    writeFileSync(join(folder, 'lab', 'guestbench.lab.json'), JSON.stringify(lab));
    workbench = await openWorkbench({
      folder: join(folder, 'lab'),
      env: { GUESTBENCH_KNOWN_HOSTS: server.knownHostsFile },
      // Else the distribution's package of the source, 140 MB, would be missing on a new machine.
      settings: { 'guestbench.sources': { kernel: kernelSource } },
      viewport: { width: 1500, height: 1000 },
    });
  });

  afterAll(async () => {
    await workbench?.screenshot('prepare-last').catch(() => undefined);
    await workbench?.close();
    await server?.stop();
    sudoer?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows every benchmark on every guest in one table, with the commands that install the rest', async () => {
    await workbench.showContainer('Guestbench');
    await workbench.palette('Guestbench: Prepare Guests...');
    await workbench.pickMany(['asks', 'root', 'gone']);
    const frame = workbench.webviewFrame();
    await frame.locator('h1', { hasText: '3 of 3 guests are not ready' }).waitFor({ timeout: 90_000 });
    expect(await wordOf('7-Zip', 'asks')).toBe('Missing');
    expect(await wordOf('7-Zip', 'gone')).toBe('Not reached');
    expect(await wordOf('UnixBench, one copy', 'root')).toBe('Needs a source');
    expect(await frame.locator('pre').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringContaining(`sudo ${command}`)]),
    );
    for (const theme of themes) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`prepare-${theme.toLowerCase().replaceAll(' ', '-')}`);
    }
  });

  it('installs after one question that names the commands and a password that sudo takes', async () => {
    const frame = workbench.webviewFrame();
    await frame.getByRole('button', { name: /^Install on 2 Guests/ }).click();
    const question = await workbench.dialog('Install packages on 2 guests?');
    expect(await question.innerText()).toContain(`sudo ${command}`);
    await workbench.screenshot('prepare-question');
    await workbench.answerDialog('Install packages on 2 guests?', 'Install');
    await workbench.question('asks');
    await workbench.fill('not the password');
    await workbench.until('asked again', async () =>
      (
        await workbench.page.locator('.quick-input-widget:visible input').getAttribute('placeholder')
      )?.includes('not right'),
    );
    await workbench.fill(sudoer.password);
    await workbench.until('7-Zip ready', async () => (await wordOf('7-Zip', 'asks')) === 'Ready', 120_000);
    await workbench.screenshot('prepare-installed');
    expect(apt.statusOf('7zip')).toContain('install ok installed');
    const terminal = await workbench.terminalText();
    expect(terminal).toContain('Setting up 7zip');
    expect(terminal).not.toContain(sudoer.password);
    expect(readFileSync(join(folder, 'lab', 'guestbench.lab.json'), 'utf8')).not.toContain(sudoer.password);
  });

  it('lets a run go on without a guest that is not reached and a benchmark that cannot run', async () => {
    rmSync(join(apt.root, 'usr', 'bin', '7z'));
    await workbench.palette('Guestbench: Run Benchmarks...');
    await workbench.question('Run Benchmarks: Guests (1/4)');
    await workbench.pickMany(['root', 'gone']);
    await workbench.question('Run Benchmarks: Workloads (2/4)');
    await workbench.pickMany(['OpenSSL', '7-Zip']);
    await workbench.question('Run Benchmarks: Length (3/4)');
    await workbench.pick('quick');
    await workbench.question('Run Benchmarks: Rounds (4/4)');
    await workbench.pick('1 round');
    const question = await workbench.dialog('Not reached: gone');
    expect(await question.innerText()).toContain('nothing is listening on port');
    await workbench.screenshot('prepare-unreachable');
    await workbench.answerDialog('Not reached: gone', 'Run Without gone');
    const frame = workbench.webviewFrame();
    await frame.locator('h1', { hasText: 'The run has not begun.' }).waitFor();
    await workbench.screenshot('prepare-run');
    await frame.getByRole('button', { name: 'Run Without 7-Zip' }).click();
    await workbench.terminalShows(/Completed: 2 trials, 0 failed/, 120_000);
    expect(await workbench.terminalText()).not.toContain('7-Zip');
  });
});
