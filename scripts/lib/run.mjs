import { spawn } from 'node:child_process';
import process from 'node:process';
import { currentSink, say } from './output.mjs';
import { Problem } from './problem.mjs';
import { root } from './paths.mjs';

/** How long output is waited for after a command has ended. */
const drainLimitMs = 10_000;

const running = new Set();
let stopping = false;

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // already gone
  }
}

/** Ends every command that `run` started and that still lives, with all its children. */
export function endRunning(signal = 'SIGTERM') {
  for (const child of running) endGroup(child, signal);
}

function onSignal(signal) {
  if (stopping) return;
  stopping = true;
  endRunning();
  setTimeout(() => {
    endRunning('SIGKILL');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  }, 2000);
}

/** The environment for commands whose output a file or a pipe may receive. */
export function plainEnvironment(extra = {}) {
  const env = { ...process.env, ...extra };
  if (!process.stdout.isTTY || currentSink() !== undefined) {
    delete env.FORCE_COLOR;
    env.NO_COLOR = '1';
  }
  return env;
}

/**
 * Runs a command in a process group of its own, without a terminal's input. Its output is shown unless `quiet`; in a
 * step that runs beside others it becomes part of that step's output. Resolves with its exit code (a signal counts as 128) and, when quiet, its output. Never rejects on a bad exit.
 */
export function run(command, args, { cwd = root, env = plainEnvironment(), quiet = false } = {}) {
  if (running.size === 0)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, onSignal);
  return new Promise((resolve, reject) => {
    const sink = currentSink();
    const output = quiet || sink !== undefined ? 'pipe' : 'inherit';
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    let text = '';
    const take = quiet ? (data) => (text += data) : sink;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take);
    running.add(child);
    const settle = () => {
      running.delete(child);
      if (running.size === 0 && !stopping)
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, onSignal);
    };
    child.once('error', (error) => {
      settle();
      reject(new Problem(`${command} could not be started: ${error.message}`));
    });
    const finish = (code) => {
      settle();
      resolve({ code: code ?? 128, text });
    };
    child.once('close', finish);
    // A process that the command left behind may keep its output open: the command has ended all the same.
    child.once('exit', (code) => setTimeout(finish, drainLimitMs, code).unref());
  });
}

/** Like `run`, but a bad exit is a Problem that carries the command and, when quiet, the end of its output. */
export async function mustRun(command, args, options = {}) {
  const { code, text } = await run(command, args, options);
  if (code !== 0) {
    const tail = text.split('\n').slice(-40).join('\n');
    throw new Problem(`${command} ${args.join(' ')} failed with exit code ${code}\n${tail}`.trimEnd());
  }
  return text;
}

/** Runs a part of a longer job and says how long it took. */
export async function step(title, body) {
  const start = performance.now();
  say(`• ${title} …`);
  const result = await body();
  say(`  ${title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}
