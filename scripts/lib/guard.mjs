/**
 * Runs a long-lived command (a VS Code server, an sshd) so that it can never outlive the process that wanted it:
 *   node guard.mjs <mark> <command> [argument …]
 * When the guard's standard input ends — its parent closed it, or died in whatever way — everything below the command
 * is ended: its process tree, and each process that left the tree but carries the mark in its environment.
 */
import { spawn } from 'node:child_process';
import { canLookUp, isRunning, markName, processesOf, signalAll } from './processes.mjs';

const [mark, command, ...args] = process.argv.slice(2);
const graceMs = 3000;

const child = spawn(command, args, {
  env: { ...process.env, [markName]: mark },
  stdio: ['ignore', 'inherit', 'inherit'],
});

let ending = false;
function end(code) {
  if (ending) return;
  ending = true;
  if (!canLookUp) {
    child.once('exit', () => process.exit(code));
    child.kill();
    setTimeout(() => child.kill('SIGKILL'), graceMs);
    return;
  }
  // Remembered now: once a parent is gone, its children can no longer be found below it.
  const known = new Set(processesOf(mark, process.pid));
  signalAll(known, 'SIGTERM');
  const started = Date.now();
  const timer = setInterval(() => {
    for (const pid of processesOf(mark, process.pid)) known.add(pid);
    const left = [...known].filter(isRunning);
    if (left.length > 0 && Date.now() - started < graceMs) return;
    clearInterval(timer);
    signalAll(left, 'SIGKILL');
    process.exit(code);
  }, 50);
}

child.once('error', (error) => {
  console.error(`${command}: ${error.message}`);
  end(127);
});
child.once('exit', (code) => end(code ?? 128));
process.stdin.resume();
process.stdin.once('close', () => end(0));
process.stdin.once('error', () => end(0));
process.once('SIGTERM', () => end(143));
// The parent decides when to end.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
