import fs from 'node:fs';

/** The environment variable that marks every process of a guarded command, wherever it went (see guard.mjs). */
export const markName = 'GUESTBENCH_GUARD';

/** Can processes be looked up (Linux)? */
export const canLookUp = fs.existsSync('/proc/self/stat');

function readProcess(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { pid, parent, environment: readEnvironment(pid) };
  } catch {
    return undefined;
  }
}

function readEnvironment(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return []; // another user's process
  }
}

/** Every process below `ancestor`, and every marked one with all below it; without `ancestor` itself. */
export function processesOf(mark, ancestor) {
  if (!canLookUp) return [];
  const processes = fs
    .readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => readProcess(Number(entry)))
    .filter((entry) => entry !== undefined);
  const found = new Set(ancestor === undefined ? [] : [ancestor]);
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const { pid, parent, environment } of processes)
      if (found.has(parent) || environment.includes(`${markName}=${mark}`)) found.add(pid);
  }
  if (ancestor !== undefined) found.delete(ancestor);
  return [...found];
}

/** Is it there, and more than a zombie that waits for its parent? */
export function isRunning(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

/** Signals processes; those already gone are passed over. */
export function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // already gone
    }
  }
}
