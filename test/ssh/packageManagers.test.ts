import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MissingCheck } from '../../src/benchmarks/check';
import { catalogue } from '../../src/benchmarks/catalogue';
import { installPlan, type InstallTrouble } from '../../src/benchmarks/installPlan';
import { installPackages, type InstallOptions } from '../../src/experiment/installing';
import { resolveBenchmarks, surveyGuest } from '../../src/experiment/prepare';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { has, needs } from '../support/needs';
import { DistroGuest, distroGuestNeeds } from './distroGuest';
import { hostKeysOf, person } from './people';
import { RpmRepository, rpmTools } from './rpmRepository';

/** Programs of the benchmarks, which the guests do not have until a package brings them. */
const programs = ['fio', '7z', '7za', '7zr', '7zz', 'ab', 'wrk', 'php', 'apache2', 'httpd'];

const mebibyte = 1024 * 1024;
const packages = [
  { name: 'fio', files: { '/usr/bin/fio': 'case $1 in --enghelp*) exit 0 ;; esac; echo fio-3.33' } },
  {
    name: 'p7zip',
    files: { '/usr/bin/7za': 'echo "7-Zip (A) 9.20  Copyright (c) 1999-2010 Igor Pavlov  2010-11-18"' },
  },
  { name: 'httpd', files: { '/usr/sbin/httpd': 'exit 0' } },
  { name: 'apache2', files: { '/usr/sbin/apache2': 'exit 0' } },
  { name: 'gbbig', files: { '/opt/big': 8 * mebibyte } },
  { name: 'gbneeds', files: { '/usr/bin/gbneeds': 'exit 0' }, requires: 'gb-not-there' },
  { name: 'gblost', files: { '/usr/bin/gblost': 'exit 0' } },
];

const configured = (url: string, more = 'gpgcheck=0') => {
  const repository = `[lab]\nname=lab\nbaseurl=${url}\nenabled=1\nautorefresh=1\n${more}\n`;
  return {
    dnf: { 'yum.repos.d/lab.repo': repository, 'dnf/vars/releasever': '9\n' },
    zypper: { 'zypp/repos.d/lab.repo': repository },
  };
};

describe.each(['dnf', 'zypper'] as const)('a guest with %s', (manager) => {
  describe('over SSH', needs({ ...distroGuestNeeds, ...rpmTools, [manager]: has(manager) }), () => {
    let repository: RpmRepository;
    let guest: DistroGuest;
    let connection: Connection;
    let shown: string[] = [];
    let output = '';

    beforeAll(async () => {
      repository = await RpmRepository.make(packages);
      const etc = configured(repository.url)[manager];
      guest = await DistroGuest.start({ manager, etc, without: programs });
      connection = await connect(guest.target, {
        prompter: person(),
        hostKeys: hostKeysOf(join(guest.folder, 'store'), guest.knownHosts),
        log: () => undefined,
      });
    });
    afterAll(async () => {
      connection?.close();
      await guest?.stop();
      await repository?.stop();
    });
    beforeEach(() => {
      shown = [];
      output = '';
    });

    const run = async (command: string) => {
      const { code, stdout, stderr } = await connection.exec(command);
      return { code, text: `${stdout.toString()}${stderr.toString()}` };
    };
    const planOf = (names: string) => {
      const check: MissingCheck = { state: 'missing', command: 'x', package: names, install: undefined };
      return installPlan({ user: 'root', manager, privilege: 'root', lists: 'there' }, [check])!;
    };
    const install = (names: string, changes: Partial<InstallOptions> = {}) =>
      installPackages(connection, {
        plan: planOf(names),
        onCommand: (text) => shown.push(text),
        onOutput: (chunk) => (output += chunk.toString()),
        onLocked: () => undefined,
        planAnew: () => Promise.resolve(planOf(names)),
        ...changes,
      });
    const troubleWith = async (names: string): Promise<InstallTrouble | 'none'> => {
      const outcome = await install(names);
      return outcome.state === 'failed' ? outcome.trouble : 'none';
    };
    /** Another archive, and nothing remembered of the last one. */
    const useArchive = async (url: string, more?: string) => {
      const [[path, text] = ['', '']] = Object.entries(configured(url, more)[manager]);
      const { code } = await connection.exec(
        `cat >/etc/${path}; rm -rf /var/cache/dnf/* /var/cache/zypp/* /var/tmp/dnf-*`,
        { stdin: text },
      );
      expect(code).toBe(0);
    };

    it('installs what its archive has, under the names it has there, and says what it lacks', async () => {
      const ids = ['fio-randread', '7zip', 'apache-wrk', 'openssl'];
      const planned = resolveBenchmarks(
        ids.map((id) => ({ id })),
        catalogue,
      );
      const { checks, system } = await surveyGuest(connection, planned);
      expect(system).toMatchObject({ user: 'root', manager, privilege: 'root' });
      const server = manager === 'dnf' ? 'httpd' : 'apache2';
      expect(ids.map((id) => checks.get(id))).toEqual([
        expect.objectContaining({ state: 'missing', package: 'fio' }),
        expect.objectContaining({ state: 'missing', package: 'p7zip' }),
        expect.objectContaining({ package: `${server} wrk`, absent: [['wrk']] }),
        expect.objectContaining({ state: 'ready' }),
      ]);
      const plan = installPlan(system!, checks.values())!;
      expect(plan.packages).toEqual(['fio', 'p7zip', server]);
      expect(await install('', { plan })).toEqual({ state: 'done' });
      expect(shown).toHaveLength(1);
      const again = await surveyGuest(connection, planned);
      expect(ids.map((id) => again.checks.get(id)?.state)).toEqual(['ready', 'ready', 'missing', 'ready']);
      expect(installPlan(again.system!, again.checks.values())).toBeUndefined();
    });

    it('installs the rest where a package turns out not to be there', async () => {
      await run('rpm -e fio');
      expect(await install('nope fio')).toEqual({
        state: 'partly',
        left: [{ name: 'nope', trouble: 'unknown-package' }],
      });
      expect((await run('rpm -q fio')).code).toBe(0);
      expect(await troubleWith('nope')).toBe('unknown-package');
    });

    it('tells a full disk and a missing dependency', async () => {
      expect([await troubleWith('gbbig'), output]).toEqual(['space', expect.stringContaining('/opt')]);
      expect([await troubleWith('gbneeds'), output]).toEqual([
        'dependencies',
        expect.stringContaining('gb-not-there'),
      ]);
    });

    // dnf waits by itself, and holds its lock only while packages are being installed.
    if (manager === 'zypper')
      it('waits for another one that holds the lock', async () => {
        await run('rpm -e fio');
        await run('sleep 1000 >/dev/null 2>&1 & echo $! >/run/zypp.pid');
        let locked = 0;
        const onLocked = (): void => {
          locked += 1;
          void run('kill $(cat /run/zypp.pid)');
        };
        expect([await install('fio', { onLocked }), locked]).toEqual([{ state: 'done' }, 1]);
      });

    it('tells archives that are out of reach, moved, unsigned, or without what they list', async () => {
      repository.loseFile('gblost');
      expect([await troubleWith('gblost'), shown.length]).toEqual(['stale', 3]);
      await useArchive(`${repository.url}elsewhere/`);
      expect([await troubleWith('gblost'), output]).toEqual(['stale', expect.any(String)]);
      await useArchive('http://127.0.0.1:9/');
      expect(await troubleWith('nope')).toBe('offline');
      const { checks } = await surveyGuest(connection, resolveBenchmarks([{ id: 'apache-wrk' }], catalogue));
      // Nobody knows whether the archive has it.
      expect(checks.get('apache-wrk')).not.toHaveProperty('absent');
      await run('rpm -e p7zip');
      await useArchive(repository.url, 'gpgcheck=1');
      expect([await troubleWith('p7zip'), output]).toEqual(['untrusted', expect.stringMatching(/sign|GPG/i)]);
    });
  });
});
