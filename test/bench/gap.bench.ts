import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/ssh/connection';
import type { Connection } from '../../src/ssh/transport';
import { hostKeysOf, person } from '../ssh/people';
import { startSshServer } from '../ssh/sshServer';
import { bareExperiment, scriptBenchmark } from './bareExperiment';
import { DelayedLink } from './delayedLink';
import { median } from './figures';

const rounds = 12;
const ownMs = 20;

/** Between the end of one trial and the start of the next of its lane, by the guest's clock, against the round trip. */
export async function* bench(): AsyncGenerator<string> {
  for (const eachWayMs of [0, 10, 50]) {
    for (const guests of [['a'], ['a', 'b']]) {
      const { gaps, roundTripMs } = await measure(guests, eachWayMs);
      const gapMs = median(gaps);
      const limitMs = 2 * roundTripMs + ownMs;
      const way = eachWayMs === 0 ? 'loopback' : `${eachWayMs} ms each way`;
      yield [
        `${way}, ${guests.length === 1 ? 'one guest' : 'two guests by turns'}:`,
        `gap ${gapMs.toFixed(1)} ms (${Math.min(...gaps).toFixed(1)} to ${Math.max(...gaps).toFixed(1)}, ${gaps.length} gaps),`,
        `round trip ${roundTripMs.toFixed(1)} ms:`,
        `${(gapMs / limitMs).toFixed(2)} of two round trips and ${ownMs} ms (must be < 1)`,
      ].join(' ');
    }
  }
}

async function measure(
  guests: readonly string[],
  eachWayMs: number,
): Promise<{ gaps: readonly number[]; roundTripMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'gb-gap-'));
  const stamps = join(folder, 'stamps');
  mkdirSync(stamps);
  const server = await startSshServer();
  const link = await DelayedLink.start(server.port, eachWayMs);
  const known = join(folder, 'known');
  writeFileSync(known, server.knownHostsLine.replace(/:\d+/, `:${link.port}`));
  const hostKeys = hostKeysOf(join(folder, 'store'), known);
  const open = new Map<string, Promise<Connection>>();
  const connectTo = (guest: string): Promise<Connection> => {
    const connecting =
      open.get(guest) ?? connect(server.target({ port: link.port }), { prompter: person(), hostKeys });
    open.set(guest, connecting);
    return connecting;
  };
  try {
    // A file's time, so that no process has to be started for it.
    const stamp = (what: string): string => `: >'${stamps}'/"${what} $GB_RUN"`;
    const script = `${stamp('begin')}\necho some output\nsleep 1\necho more output\n${stamp('end')}\n`;
    const benchmarks = [scriptBenchmark('pause', script)];
    const roundTrips = await pings(await connectTo('a'));
    const file = join(folder, 'e.guestbench');
    const end = await bareExperiment({ file, guests, benchmarks, rounds, connect: connectTo }).run();
    const trials = rounds * guests.length;
    if (end.ok !== trials) throw new Error(`Only ${end.ok} of ${trials} trials were measured.`);
    roundTrips.push(...(await pings(await connectTo('a'))));
    return { gaps: gapsOf(stamps), roundTripMs: median(roundTrips) };
  } finally {
    for (const connection of open.values()) (await connection).close();
    await link.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In ms; the first trial is not prepared by one before it, so the gap after it is the first that counts. */
function gapsOf(stamps: string): number[] {
  const times = readdirSync(stamps)
    .map((name) => ({ isEnd: name.startsWith('end'), atMs: statSync(join(stamps, name)).mtimeMs }))
    .sort((a, b) => a.atMs - b.atMs);
  return times.flatMap(({ isEnd, atMs }, index) => {
    const before = times[index - 1];
    return !isEnd && before?.isEnd === true ? [atMs - before.atMs] : [];
  });
}

/** Round trips of one byte over a command that sends back what it gets, in ms. */
async function pings(connection: Connection): Promise<number[]> {
  const times: number[] = [];
  let onEcho = (): void => undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 20; n += 1) {
      const echoed = new Promise<void>((resolve) => (onEcho = resolve));
      const sentMs = performance.now();
      yield Buffer.from('.');
      await echoed;
      times.push(performance.now() - sentMs);
    }
  }
  await connection.exec('exec cat', { stdin: bytes(), onStdout: () => onEcho() });
  return times;
}
