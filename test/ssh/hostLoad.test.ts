import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostLoads } from '../../src/experiment/hostLoad';
import type { Host } from '../../src/model/lab';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from './people';
import { startSshServer, type SshServer } from './sshServer';

const captures = join(import.meta.dirname, '../fixtures/xen/xentop');
const host: Host = { name: 'lab1', kind: 'xl', address: '127.0.0.1' };
const guests = [{ name: 'debian-pv', host: 'lab1' }, { name: 'pvh', host: 'lab1' }, { name: 'alone' }];
const evidence = new Map([['/sys/hypervisor/uuid', '5189CD2D-4ec6-49d0-8ca3-7227091386e9\n']]);

/** A real server whose xl and xentop play captures of a real Xen host: there is none to test on. */
describe('the load of a Xen host', () => {
  let folder: string;
  let bin: string;
  let server: SshServer;
  const open = new Set<Connection>();
  const notices: string[] = [];
  const dial = async (): Promise<Connection> => {
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    const connection = await connect(server.target(), { prompter: person(), hostKeys });
    open.add(connection);
    return connection;
  };
  const loads = (
    connectTo: ((host: Host) => Promise<Connection>) | undefined,
    of: Host = host,
  ): HostLoads => {
    notices.length = 0;
    const lab = { hosts: [of], guests: [], suites: {} } as unknown as ConstructorParameters<
      typeof HostLoads
    >[0]['lab'];
    return new HostLoads({ lab, guests, connect: connectTo, onNotice: (text) => notices.push(text) });
  };
  const program = (name: string, text: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const playing = (): boolean =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .some((name) => {
        try {
          return readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(join(bin, 'xentop'));
        } catch {
          return false;
        }
      });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gb-xentop-'));
    bin = join(folder, 'bin');
    mkdirSync(bin);
    server = await startSshServer({ config: [`SetEnv PATH=${bin}:/usr/bin:/bin`], noise: 'Welcome. ' });
    writeFileSync(join(bin, 'pages'), '');
    program('xl', `exec cat '${captures}/xl-list-v.txt'`);
    program(
      'xentop',
      // The third page over and over, each by itself as xentop sends it.
      `[ "$*" = "-b -f -d 1" ] || exit 9; while :; do sleep 0.1; sed -n 13,18p '${captures}/batch-3.txt' || exit 1; echo page $$ >>'${bin}/pages'; done`,
    );
  });
  afterAll(async () => {
    for (const connection of open) connection.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is what xentop says, for the guest by its UUID or its name, until the trial ends', async () => {
    const hosts = loads(dial);
    hosts.open();
    hosts.learn('debian-pv', evidence);
    const ends = [hosts.watch('debian-pv'), hosts.watch('pvh'), hosts.watch('alone')];
    await until(() => {
      const pages = readFileSync(join(bin, 'pages'), 'utf8').trim().split('\n');
      const players = [...new Set(pages)];
      return players.length === 2 && players.every((one) => pages.filter((page) => page === one).length > 25);
    });
    const [pv, pvh, alone] = ends.map((end) => end());
    expect(pv).toMatchObject({ host: 'lab1', domain: 'pv' });
    expect(pvh).toMatchObject({ host: 'lab1', domain: 'pvh' });
    for (const load of [pv, pvh]) {
      expect(new Set(load?.dom0Percent)).toEqual(new Set([21.3]));
      expect(load?.ownPercent).toHaveLength(load?.othersPercent.length ?? 0);
    }
    expect(alone).toBeUndefined();
    await until(() => !playing());
    expect(notices).toEqual([]);
    expect(open.size).toBe(1);
  });

  test('comes back by itself on a new connection after the old one was lost', async () => {
    const hosts = loads(dial);
    const first = hosts.watch('pvh');
    await until(() => playing());
    for (const connection of open) connection.close();
    await until(() => !playing());
    first();
    const second = hosts.watch('pvh');
    await until(() => playing());
    second();
    await until(() => !playing());
    expect(notices).toEqual([]);
  });

  test('is left alone, with one notice, where it cannot be reached or has no xentop', async () => {
    const unreachable = loads(() => Promise.reject(new Error('nobody there.')));
    unreachable.open();
    expect(unreachable.watch('pvh')()).toBeUndefined();
    await until(() => notices.length > 0);
    expect(unreachable.watch('pvh')()).toBeUndefined();
    expect(notices).toEqual(['The load of the host lab1 is not recorded: nobody there.']);

    rmSync(join(bin, 'xentop'));
    const bare = loads(dial);
    for (let n = 0; n < 2; n += 1) {
      const end = bare.watch('pvh');
      await until(() => notices.length > 0);
      expect(end()).toBeUndefined();
    }
    expect(notices).toEqual(['The load of the host lab1 is not recorded: xentop was not found there.']);

    program('xentop', 'echo "xentop: need root" >&2; exit 1');
    const refused = loads(dial);
    const end = refused.watch('pvh');
    await until(() => notices.length > 0);
    end();
    expect(notices).toEqual([
      'The load of the host lab1 is not recorded: xentop ended (exit code 1): xentop: need root',
    ]);
  });

  test('is not asked of hosts without an address, of pools, or without a way to connect', () => {
    const asked: string[] = [];
    const ask = ({ name }: Host): Promise<Connection> => {
      asked.push(name);
      return Promise.reject(new Error('asked'));
    };
    for (const other of [{ name: 'lab1' }, { ...host, kind: 'xapi' as const }]) {
      const hosts = loads(ask, other);
      hosts.open();
      expect(hosts.watch('pvh')()).toBeUndefined();
    }
    loads(undefined).open();
    expect(asked).toEqual([]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
