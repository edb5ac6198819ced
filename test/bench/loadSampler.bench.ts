import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/ssh/connection';
import { Jobs } from '../../src/ssh/jobs';
import { hostKeysOf, person } from '../ssh/people';
import { startSshServer } from '../ssh/sshServer';

const seconds = 30;
/** Of /proc/PID/stat. */
const ticksPerSecond = 100;

/** What reading the load costs the guest, on a job over loopback that does nothing. */
export async function* bench(): AsyncGenerator<string> {
  const server = await startSshServer();
  try {
    const hostKeys = hostKeysOf(join(server.folder, 'store'), server.knownHostsFile);
    const connection = await connect(server.target(), { prompter: person(), hostKeys });
    const jobs = new Jobs(() => Promise.resolve(connection));
    await jobs.put('bench', 'exec sleep 3600\n');
    await jobs.start('bench');
    const sampler = samplerOf('bench');
    const before = cpuTicks(sampler);
    const startedMs = performance.now();
    await sleep(seconds * 1000);
    const spent = (cpuTicks(sampler) - before) / ticksPerSecond;
    const percent = (100_000 * spent) / (performance.now() - startedMs);
    await jobs.cancel('bench', 1);
    const samples = await jobs.load('bench');
    connection.close();
    yield `${percent.toFixed(2)} % of one vCPU over ${seconds} s, ${samples.length} samples`;
  } finally {
    await server.stop();
  }
}

/** The child of the runner that has the runner's command line: a part of the same script. */
function samplerOf(job: string): number {
  const runners = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`\0runner\0${job}\0`);
      } catch {
        return false;
      }
    });
  const sampler = runners.find((pid) => runners.includes(statOf(Number(pid))[1] ?? ''));
  if (sampler === undefined) throw new Error('The job has no sampler.');
  return Number(sampler);
}

/** Fields of /proc/PID/stat from the third on: state, parent, … */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** utime, stime and those of children that ended. */
function cpuTicks(pid: number): number {
  return statOf(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);
}
