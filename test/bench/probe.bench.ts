import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeScript } from '../../src/probe/evidence';
import { probeGuest } from '../../src/probe/probe';
import { ConnectionPool } from '../../src/ssh/pool';
import type { Target } from '../../src/ssh/transport';
import { hostKeysOf, person } from '../ssh/people';
import { freePort, startSshServer, type SshServer } from '../ssh/sshServer';
import { median } from './figures';

const guests = 100;
const sshAtATime = 16;
const rounds = 5;
/** sshd listens at so many addresses at most. */
const addressesOfOne = 15;

/** Finding out what 100 guests are, against asking them with as many `ssh` commands. */
export async function* bench(): AsyncGenerator<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gb-probe-'));
  const servers: SshServer[] = [];
  try {
    const targets: Target[] = [];
    const known: string[] = [];
    while (targets.length < guests) {
      const addresses = Array.from(
        { length: Math.min(addressesOfOne, guests - targets.length) },
        (_, index) => `127.0.0.${2 + targets.length + index}`,
      );
      const port = await freePort();
      const config = addresses.map((address) => `ListenAddress ${address}:${port}`);
      // It is one machine that plays many: none of them would meet so many at once.
      const server = await startSshServer({
        // What an account's start-up files do is not what is measured.
        config: [...config, 'MaxStartups 200', `SetEnv HOME=${folder}`],
      });
      servers.push(server);
      for (const address of addresses) {
        targets.push(server.target({ name: address, address, port }));
        known.push(server.knownHostsLine.replace(/^\S+/, `[${address}]:${port}`));
      }
    }
    const knownHosts = join(folder, 'known_hosts');
    writeFileSync(knownHosts, `${known.join('\n')}\n`);
    const ours: number[] = [];
    const again: number[] = [];
    const theirs: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const pool = new ConnectionPool({ hostKeys: hostKeysOf(join(folder, 'store'), knownHosts) });
      ours.push(await seconds(() => probeAll(targets, pool)));
      again.push(await seconds(() => probeAll(targets, pool)));
      pool.dispose();
      theirs.push(await seconds(() => sshAll(targets, knownHosts, 'exec /bin/sh -s', probeScript)));
      if (round === 0) bare.push(await seconds(() => sshAll(targets, knownHosts, 'true', '')));
    }
    const compared = (times: readonly number[]): string => {
      const ratios = times.map((time, round) => time / (theirs[round] ?? NaN));
      return `${median(times).toFixed(1)} s, ${median(ratios).toFixed(2)} of it (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})`;
    };
    yield [
      `${guests} ssh commands that ask the same, ${sshAtATime} at a time: ${median(theirs).toFixed(1)} s;`,
      `${guests} guests probed for the first time: ${compared(ours)};`,
      `probed again: ${compared(again)} (must be < 0.5);`,
      `ssh commands that ask nothing: ${median(bare).toFixed(1)} s`,
    ].join(' ');
  } finally {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function probeAll(targets: readonly Target[], pool: ConnectionPool): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      const { facts } = await probeGuest(await pool.get(target, { prompter: person() }));
      if (facts.kernel === undefined) throw new Error(`${target.name} told nothing.`);
    }),
  );
}

async function sshAll(
  targets: readonly Target[],
  knownHosts: string,
  command: string,
  stdin: string,
): Promise<void> {
  const left = [...targets];
  const worker = async (): Promise<void> => {
    for (let target = left.shift(); target; target = left.shift())
      await ssh(target, knownHosts, command, stdin);
  };
  await Promise.all(Array.from({ length: sshAtATime }, worker));
}

function ssh(target: Target, knownHosts: string, command: string, stdin: string): Promise<void> {
  const options = {
    ControlMaster: 'no',
    ControlPath: 'none',
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    IdentitiesOnly: 'yes',
    IdentityFile: target.identityFiles[0] ?? '',
    BatchMode: 'yes',
    Port: String(target.port),
    User: target.user,
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', ['-F', '/dev/null', ...words, target.address, command], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`ssh to ${target.name}: ${code}`)),
    );
  });
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}
