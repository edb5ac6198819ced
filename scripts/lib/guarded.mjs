import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.mjs';

const guardScript = fileURLToPath(new URL('guard.mjs', import.meta.url));

/**
 * Starts a long-lived command that ends when `stop` is called or this process dies.
 * `ready` is called with all output so far and returns a value once the command is up.
 * `mark` names the environment variable's value that processes which left the tree are found by (see guard.mjs).
 */
export async function startGuarded(
  command,
  args,
  { env, cwd, ready, mark = randomUUID(), timeoutMs = 60_000, log = false },
) {
  const child = spawn(process.execPath, [guardScript, mark, command, ...args], {
    cwd,
    env,
    // Its own group: a terminal's Ctrl-C reaches this process only, which then stops it in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.on('error', () => undefined);
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  const value = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Problem(`${command} ${why}\n${output.slice(-4000)}`));
    const timer = setTimeout(() => fail('did not get ready in time'), timeoutMs);
    const look = (data) => {
      output = (output + data).slice(-200_000);
      if (log) process.stderr.write(data);
      const found = ready(output);
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code} before it was ready`);
    });
  }).catch(async (error) => {
    await stop();
    throw error;
  });
  return { value, pid: child.pid, exited, stop, output: () => output };
}
