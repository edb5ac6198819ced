/** Random faults over a long experiment; printed, repeatable by its seed as far as processes are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom, type Random } from '../../src/statistics/seed';
import { kinds, type Kind } from './kinds';
import { Lab } from './lab';

export interface FaultsOptions {
  readonly program: string;
  readonly seed: number;
  readonly faults: number;
  /** No further fault after so long. */
  readonly limitMs: number;
  /** Aborted: no further fault. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface FaultsReport {
  readonly injected: ReadonlyMap<string, number>;
  readonly impossible: readonly string[];
  readonly table: Readonly<Record<string, number>>;
  readonly complaints: readonly string[];
}

function pick(random: Random, lab: Lab): Kind {
  const possible = kinds.filter((kind) => kind.isPossible?.(lab) !== false);
  let place = random.below(possible.reduce((sum, { weight }) => sum + weight, 0));
  for (const kind of possible) {
    place -= kind.weight;
    if (place < 0) return kind;
  }
  throw new Error('unreachable');
}

/** A moment at random: after some time, or as a trial starts, writes or ends. */
async function moment(random: Random, lab: Lab): Promise<void> {
  const when = random.below(6);
  if (when === 0) await lab.controller.next(['start'], 2000);
  else if (when === 1) await lab.controller.next(['end'], 2000);
  else if (when === 2) await lab.controller.next(['output'], 2000);
  await sleep(random.below(when < 3 ? 60 : 1200));
}

/** Injects the faults, lets the last experiment end undisturbed, and says what came of it. */
export async function runFaults(options: FaultsOptions): Promise<FaultsReport> {
  const { seed, log, faults, limitMs, signal, program } = options;
  const random = seededRandom(seed);
  const lab = await Lab.open({ program, seed, rounds: 8, log });
  const injected = new Map<string, number>();
  const started = performance.now();
  try {
    lab.begin();
    let count = 0;
    while (count < faults && !signal.aborted && performance.now() - started < limitMs) {
      await lab.goOn();
      await moment(random, lab);
      await lab.goOn();
      const kind = pick(random, lab);
      const guest = lab.guests[random.below(lab.guests.length)];
      if (!guest) throw new Error('There is no guest.');
      log(
        `#${count + 1} ${kind.name} (${guest.name}), ${((performance.now() - started) / 1000).toFixed(1)} s`,
      );
      if (!(await kind.inject(lab, guest, random))) {
        log('  not possible at this moment');
        continue;
      }
      count += 1;
      injected.set(kind.name, (injected.get(kind.name) ?? 0) + 1);
    }
    await lab.goOn();
    log('No more faults.');
    await lab.finish();
    const left = await lab.cleanUp();
    const { finished, measured, truncated, rebooted, givenUp, lost, doubled, damaged, complaints } = lab.sum;
    const impossible = [
      ...(lab.canMount ? [] : ['a full disk (needs to mount a tmpfs)']),
      ...(lab.canProtect ? [] : ['a read-only results folder (needs chattr +i)']),
    ];
    const table = {
      'faults injected': count,
      experiments: lab.experiments,
      'controllers started again': lab.resumes,
      'trials finished on the guests': finished,
      'of these in the file': measured,
      'of these cut off the file by us': truncated,
      'of these killed before they could tell': rebooted,
      'of these given up with their experiment': givenUp,
      lost,
      doubled,
      damaged,
      'processes left': left.processes,
      'files left before Clean Up Guest': left.filesBefore,
      'files left': left.files,
    };
    return { injected, impossible, table, complaints };
  } finally {
    await lab.dispose();
  }
}
