import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './output.mjs';
import { Problem } from './problem.mjs';

const waitLimitMs = 15 * 60_000;

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function tryTake(file, content) {
  try {
    fs.writeFileSync(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Runs `body` while holding a lock file; waits for a living holder, takes over from a dead one. */
export async function withLock(file, body) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const mine = `${process.pid} ${Date.now()}`;
  const deadline = Date.now() + waitLimitMs;
  let told = false;
  const read = () => {
    try {
      return fs.readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  for (;;) {
    if (tryTake(file, mine)) {
      // Two processes may have removed the same dead holder's file, the second one mine: look again.
      await sleep(50);
      if (read() === mine) break;
    }
    const holder = read();
    if (holder === undefined) continue;
    const pid = Number.parseInt(holder, 10);
    if (Number.isInteger(pid) && !alive(pid)) {
      if (read() === holder) fs.rmSync(file, { force: true });
      continue;
    }
    if (Date.now() > deadline)
      throw new Problem(`Process ${pid} holds ${file} for too long. Remove it if it is stale.`);
    if (!told) say(`  waiting for process ${pid}, which holds ${file}`);
    told = true;
    await sleep(500);
  }
  const release = () => {
    if (read() === mine) fs.rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await body();
  } finally {
    process.off('exit', release);
    release();
  }
}
