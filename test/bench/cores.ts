import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Placement {
  readonly text: string;
  /** The guest's processor; undefined: it shares all of them with the controller. */
  readonly guests: number | undefined;
}

/**
 * Gives the server, with all that it starts, one processor and this process another: so a guest on loopback has as
 * little of ours as a guest of one processor that is another machine.
 */
export function apart(serverPid: number): Placement {
  const [ours, guests] = allowedCores();
  if (ours === undefined || guests === undefined)
    return { text: 'guest and controller share one processor', guests: undefined };
  try {
    execFileSync('taskset', ['-a', '-c', '-p', String(guests), String(serverPid)], { stdio: 'ignore' });
    execFileSync('taskset', ['-a', '-c', '-p', String(ours), String(process.pid)], { stdio: 'ignore' });
  } catch {
    return { text: 'guest and controller share the processors: there is no taskset', guests: undefined };
  }
  const text = `a guest of one processor: sshd and all it starts on processor ${guests}, the controller on ${ours}`;
  return { text, guests };
}

/** Numbers of the processors that this process may use, as /proc lists them: `0-3,8`. */
function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'latin1');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
