import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/needs';
import {
  installPlan,
  parseSystem,
  systemScript,
  type GuestSystem,
  type InstallPlan,
} from '../../src/benchmarks/installPlan';
import { installPackages, trySudoPassword, type InstallOptions } from '../../src/experiment/installing';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hasApt, makeAptRepository, type AptRepository } from './aptRepository';
import { hostKeysOf, person } from './people';
import { hasSshd, startSshServer, type SshServer } from './sshServer';
import { canMakeSudoers, makeSudoer, type Sudoer } from './sudoers';

const name = 'gb-tiny';

/** Command lines and environments of all processes of this machine, now. */
function everyProcess(): string {
  const texts = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => readOrNothing(`/proc/${pid}/${file}`)));
  return texts.join('\n');
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

describe(
  'installing through sudo that asks',
  needs({ sshd: hasSshd, ...canMakeSudoers, 'apt-get': hasApt }),
  () => {
    let folder: string;
    let server: SshServer;
    let sudoer: Sudoer;
    let connection: Connection;
    let apt: AptRepository;
    let logged: string[];
    let shown: string[];
    let output: string;

    const asks = () => [
      `Defaults:USER secure_path="${apt.bin}:/usr/bin:/bin", !syslog, logfile=${join(folder, 'sudo.log')}, !lecture`,
      'USER ALL=(ALL:ALL) ALL',
    ];
    const system = (changes: Partial<GuestSystem> = {}): GuestSystem => ({
      user: sudoer.user,
      manager: 'apt-get',
      privilege: 'sudo-password',
      lists: 'missing',
      ...changes,
    });
    const planOf = (changes?: Partial<GuestSystem>): InstallPlan =>
      installPlan(system(changes), [{ state: 'missing', command: 'x', package: name, install: undefined }])!;
    const options = (changes: Partial<InstallOptions> = {}): InstallOptions => ({
      plan: planOf(),
      password: sudoer.password,
      onCommand: (text) => shown.push(text),
      onOutput: (chunk) => (output += chunk.toString()),
      onLocked: () => undefined,
      planAnew: () => Promise.resolve(planOf()),
      ...changes,
    });

    const connectAs = (user: string): Promise<Connection> =>
      connect(server.target({ user }), {
        prompter: person(),
        hostKeys: hostKeysOf(join(server.folder, 'store'), server.knownHostsFile),
        log: (line) => logged.push(line),
      });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gb-install-'));
      chmodSync(folder, 0o755);
      sudoer = makeSudoer();
      server = await startSshServer();
      // sshd reads the authorized keys as the account.
      chmodSync(server.folder, 0o755);
      logged = [];
      connection = await connectAs(sudoer.user);
    });
    afterAll(async () => {
      connection?.close();
      await server?.stop();
      sudoer?.remove();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      const place = mkdtempSync(join(folder, 'apt-'));
      chmodSync(place, 0o755);
      apt = makeAptRepository(place, name);
      shown = [];
      output = '';
      sudoer.allow(asks());
    });

    it('finds out that sudo asks, does not ask, or is not for this account', async () => {
      const ask = async () =>
        parseSystem((await connection.exec('exec /bin/sh -s', { stdin: systemScript })).stdout.toString());
      expect(await ask()).toMatchObject({
        user: sudoer.user,
        manager: 'apt-get',
        privilege: 'sudo-password',
      });
      sudoer.allow(['USER ALL=(ALL:ALL) NOPASSWD: ALL']);
      expect((await ask()).privilege).toBe('sudo');
    });

    it('tells a wrong password from a right one, and from an account that may not', async () => {
      const wrong = `no-${sudoer.password}`;
      const seen: string[] = [];
      let over = false;
      const verdict = trySudoPassword(connection, wrong).finally(() => (over = true));
      // sudo takes a while to say no: long enough to look at every process there is.
      while (!over) {
        seen.push(everyProcess());
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await verdict).toEqual({ verdict: 'wrong' });
      expect(seen.some((processes) => processes.includes('sudo\0-k\0-S'))).toBe(true);
      expect(seen.filter((processes) => processes.includes(sudoer.password))).toEqual([]);
      expect(await trySudoPassword(connection, sudoer.password)).toEqual({ verdict: 'right' });
      // A right one is not remembered by sudo.
      expect((await connection.exec('sudo -n true')).code).not.toBe(0);
      sudoer.allow([`Defaults:USER logfile=${join(folder, 'sudo.log')}, !syslog`]);
      expect(await trySudoPassword(connection, sudoer.password)).toMatchObject({
        verdict: 'refused',
        said: expect.stringMatching(/may not run sudo|not in the sudoers/) as string,
      });
    });

    it('really installs a package; the password is in no process, no log and not in the terminal', async () => {
      const snapshot = join(folder, 'snapshot');
      apt.before(
        `cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>${snapshot} 2>/dev/null\nid -u >${folder}/uid\ncat >${folder}/stdin`,
      );
      expect(apt.statusOf(name)).toBe('');
      expect(await installPackages(connection, options())).toEqual({ state: 'done' });
      expect(apt.statusOf(name)).toContain('Status: install ok installed');
      expect(shown).toEqual([
        'sudo env DEBIAN_FRONTEND=noninteractive apt-get update',
        `sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 ${name}`,
      ]);
      expect(output).toContain(`Setting up ${name}`);
      expect(readFileSync(join(folder, 'uid'), 'utf8').trim()).toBe('0');
      expect(readFileSync(join(folder, 'stdin'), 'utf8')).toBe('');
      const processes = readFileSync(snapshot, 'latin1');
      expect(processes).toContain('DPkg::Lock::Timeout=120');
      const sudoLog = readFileSync(join(folder, 'sudo.log'), 'utf8');
      expect(sudoLog).toContain('apt-get');
      for (const text of [processes, sudoLog, output, shown.join('\n'), logged.join('\n')])
        expect(text).not.toContain(sudoer.password);
    });

    it('fetches the lists when they turn out not to have the package, and installs what is right then', async () => {
      let asked = 0;
      const planAnew = () => {
        asked += 1;
        return Promise.resolve(planOf());
      };
      const plan = planOf({ lists: 'there' });
      expect(await installPackages(connection, options({ plan, planAnew }))).toEqual({ state: 'done' });
      expect([asked, shown.length]).toEqual([1, 3]);
      expect(output).toContain(`Unable to locate package ${name}`);
      expect(apt.statusOf(name)).toContain('install ok installed');
      expect(
        await installPackages(connection, options({ planAnew: () => Promise.resolve(undefined) })),
      ).toEqual({ state: 'dropped' });
    });

    it('says that the archive is out of reach', async () => {
      const place = join(apt.bin, '..');
      writeFileSync(join(place, 'sources.list'), 'deb [trusted=yes] http://127.0.0.1:9/debian ./\n');
      expect(await installPackages(connection, options())).toMatchObject({
        state: 'failed',
        trouble: 'offline',
      });
    });

    it('keeps the password from a package manager even where sudo does not take it', async () => {
      sudoer.allow([asks()[0]!, 'USER ALL=(ALL:ALL) NOPASSWD: ALL']);
      apt.before(`cat >${folder}/stdin`);
      expect(await installPackages(connection, options())).toEqual({ state: 'done' });
      expect(readFileSync(join(folder, 'stdin'), 'utf8')).toBe('');
    });

    it('fails without a right password, and installs nothing', async () => {
      const outcome = await installPackages(connection, options({ password: 'nonsense' }));
      expect(outcome).toMatchObject({ state: 'failed' });
      expect(apt.statusOf(name)).toBe('');
    });

    it.each(['sudo-password', 'root'] as const)(
      'lets a command that runs come to its end when it is cancelled (%s)',
      async (privilege) => {
        const cancel = new AbortController();
        const nothing = { planAnew: () => Promise.resolve(undefined) };
        expect(await installPackages(connection, options(nothing))).toEqual({ state: 'dropped' });
        const started = join(folder, 'started');
        apt.before(
          `echo begun; echo $$ >${started}; for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.1; done`,
        );
        const plan = planOf({ privilege, lists: 'there' });
        // Root's own PATH leads to the machine's apt-get.
        const install = plan.install?.map((word) => (word === 'apt-get' ? join(apt.bin, word) : word));
        const account = privilege === 'root' ? await connectAs(server.user) : connection;
        const running = installPackages(
          account,
          options({
            plan: { ...plan, install },
            signal: cancel.signal,
            onOutput: (chunk) => {
              if (chunk.toString().includes('line 2')) cancel.abort();
            },
          }),
        );
        await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
        const pid = readFileSync(started, 'utf8').trim();
        while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
        expect(apt.statusOf(name)).toContain('Status: install ok installed');
        expect(shown).toHaveLength(2);
        if (account !== connection) account.close();
      },
    );
  },
);
