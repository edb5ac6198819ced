import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, addTo, emptyAccount, type Excuses } from './accounts';
import { knownOutputs } from './benchmarks';
import { ControllerProcess, type ControllerEnd } from './controllerProcess';
import { Guest } from './guest';
import type { ControllerEvent, ControllerOrder } from './protocol';

type WaitEvent = Extract<ControllerEvent, { readonly type: 'wait' }>;

/** Without any sign of life for so long, the controller hangs. */
const hangMs = 300_000;
/** What controllers say when an experiment ends may be heard so much later. */
const heardLateMs = 5_000;

export interface LabOptions {
  /** The bundled controller. */
  readonly program: string;
  readonly seed: number;
  readonly rounds: number;
  readonly log: (line: string) => void;
}

interface RunningExperiment {
  readonly id: string;
  readonly file: string;
  readonly folder: string;
  /** Whether its folder is a small disk of its own that can be filled. */
  readonly isOnSmallDisk: boolean;
  clockOffsetMs: number;
}

/** Guests, and one experiment after the other on them, each run by a process that may be killed. */
export class Lab {
  readonly excuses: Excuses = {
    truncated: new Set(),
    unbegun: new Set(),
    rebooted: new Set(),
    givenUp: new Set(),
  };
  readonly sum = emptyAccount();
  readonly guests: Guest[] = [];
  experiments = 0;
  resumes = 0;
  private rivals = 0;
  private readonly known = knownOutputs();
  private readonly folder = mkdtempSync(join(tmpdir(), 'gb-faults-'));
  private readonly knownHostsFile = join(this.folder, 'known_hosts');
  private running: { experiment: RunningExperiment; controller: ControllerProcess } | undefined;
  private lastSignMs = performance.now();
  /** When experiments came to their end, by id. */
  private readonly over = new Map<string, number>();
  readonly canMount: boolean;
  readonly canProtect: boolean;

  private constructor(private readonly options: LabOptions) {
    this.canMount = works(() => {
      const folder = join(this.folder, 'probe');
      mkdirSync(folder);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
      execFileSync('umount', [folder], { stdio: 'ignore' });
    });
    this.canProtect = works(() => {
      const file = join(this.folder, 'probe-file');
      writeFileSync(file, '');
      execFileSync('chattr', ['+i', file], { stdio: 'ignore' });
      execFileSync('chattr', ['-i', file], { stdio: 'ignore' });
    });
  }

  static async open(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options);
    for (const name of ['alfa', 'bravo']) {
      const folder = join(lab.folder, name);
      mkdirSync(folder);
      lab.guests.push(await Guest.start(name, folder, lab.canMount));
    }
    writeFileSync(lab.knownHostsFile, lab.guests.map((guest) => `${guest.knownHostsLine}\n`).join(''));
    return lab;
  }

  log(line: string): void {
    this.options.log(line);
  }

  get controller(): ControllerProcess {
    if (!this.running) throw new Error('No experiment was begun.');
    return this.running.controller;
  }

  get experiment(): RunningExperiment {
    if (!this.running) throw new Error('No experiment was begun.');
    return this.running.experiment;
  }

  get truthFiles(): readonly string[] {
    return this.guests.map(({ truthFile }) => truthFile);
  }

  complain(what: string): void {
    this.sum.complaints.push(what);
    this.log(`  COMPLAINT: ${what}`);
  }

  begin(): void {
    this.experiments += 1;
    const id = `x${this.experiments}`;
    const folder = join(this.folder, id);
    mkdirSync(folder);
    const isOnSmallDisk = this.canMount && this.experiments % 2 === 1;
    if (isOnSmallDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', folder]);
    const experiment = { id, folder, file: join(folder, 'e.guestbench'), isOnSmallDisk, clockOffsetMs: 0 };
    this.running = { experiment, controller: this.start({ ...this.orderFor(experiment), mode: 'run' }) };
  }

  /** Id of an experiment beside the running one. */
  nextRival(): string {
    this.rivals += 1;
    return `r${this.experiments}-${this.rivals}`;
  }

  /** A controller that is not the one of the experiment. */
  start(order: ControllerOrder): ControllerProcess {
    const controller = new ControllerProcess(this.options.program, order);
    controller.onEvent((event) => {
      if (event.type === 'wait') {
        this.heardOfWait(order.id, event);
        return;
      }
      this.lastSignMs = performance.now();
      if (
        event.type === 'notice' ||
        event.type === 'error' ||
        (event.type === 'end' && event.outcome !== 'ok')
      )
        this.log(`    ${order.id}: ${JSON.stringify(event)}`);
    });
    return controller;
  }

  orderFor({
    id,
    file,
    clockOffsetMs,
  }: Omit<RunningExperiment, 'folder' | 'isOnSmallDisk'>): ControllerOrder {
    return {
      mode: 'resume',
      id,
      file,
      clockOffsetMs,
      seed: this.options.seed,
      rounds: this.options.rounds,
      user: userInfo().username,
      storeFile: join(this.folder, `store-${id}`),
      leftLeases: join(this.folder, 'left'),
      leaseTimes: { busyWaitMs: 1000 },
      knownHostsFile: this.knownHostsFile,
      guests: this.guests.map(({ name, network, clientKeyFile }) => ({
        name,
        port: network.port,
        keyFile: clientKeyFile,
      })),
    };
  }

  resume(): void {
    if (!this.running) return;
    const { experiment } = this.running;
    this.resumes += 1;
    const mode = existsSync(experiment.file) ? 'resume' : 'run';
    this.running.controller = this.start({ ...this.orderFor(experiment), mode });
  }

  /** After a fault: the experiment goes on, or the next one begins. */
  async goOn(): Promise<void> {
    if (!this.running) this.begin();
    const { end } = this.controller;
    if (end !== undefined) await this.after(end);
    if (performance.now() - this.lastSignMs < hangMs) return;
    this.complain(`hangs: nothing happened for ${hangMs / 1000} s`);
    await this.controller.kill();
    this.lastSignMs = performance.now();
    this.resume();
  }

  private async after(end: ControllerEnd): Promise<void> {
    if (end.how === 'summary' && end.reason !== 'left') {
      this.close();
      this.begin();
      return;
    }
    if (end.how === 'error') {
      this.log(`    ended: ${end.message}`);
      // It was killed before there was an experiment: a person would begin it again.
      if (!hasBegun(this.experiment.file)) rmSync(this.experiment.file, { force: true });
    }
    this.resume();
    // One that cannot go on is not started without end in a tight loop.
    await sleep(200);
  }

  /** To wait is no sign of life, and nobody is to wait for an experiment that has ended. */
  private heardOfWait(id: string, { guest, holder, job }: WaitEvent): void {
    const endedMs = this.over.get(holder ?? '');
    // A job that was given up with its experiment comes to its end there.
    if (endedMs === undefined || job !== undefined || performance.now() - endedMs < heardLateMs) return;
    this.complain(`held up: ${id} waits for ${guest}, which is kept for ${holder}, and that has ended`);
  }

  /** Lets the running experiment come to its end. */
  async finish(): Promise<void> {
    for (;;) {
      const { controller } = this;
      controller.send({ type: 'stop' });
      const end = await Promise.race([controller.ended, sleep(hangMs, undefined, { ref: false })]);
      if (end === undefined) {
        this.complain('hangs: it does not stop');
        await controller.kill();
        break;
      }
      if (end.how === 'summary' && end.reason !== 'left') break;
      this.log(`    ${JSON.stringify(end)}`);
      this.resume();
    }
    this.close();
  }

  /** Compares the experiment's file with what the guests did. */
  private close(): void {
    const { id, file } = this.experiment;
    this.audit(file, id);
    this.discard(this.experiment);
    this.running = undefined;
  }

  /** After an experiment has ended. */
  audit(file: string, id: string): void {
    this.over.set(id, performance.now());
    const part = account(file, id, this.truthFiles, this.excuses, this.known);
    const { finished, measured, truncated, rebooted, givenUp, lost, doubled, damaged } = part;
    this.log(
      `  experiment ${id}: ${finished} finished, ${measured} measured, ${truncated} truncated, ` +
        `${rebooted} rebooted, ${givenUp} given up, ${lost} lost, ${doubled} doubled, ${damaged} damaged`,
    );
    for (const complaint of part.complaints) this.log(`  COMPLAINT: ${complaint}`);
    addTo(this.sum, part);
    if (part.complaints.length > 0)
      writeFileSync(join(tmpdir(), `gb-faults-${id}.guestbench`), readFileSync(file));
  }

  private discard({ folder, isOnSmallDisk }: RunningExperiment): void {
    if (isOnSmallDisk) execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Clean Up Guest, then what is left there. */
  async cleanUp(): Promise<{
    readonly filesBefore: number;
    readonly files: number;
    readonly processes: number;
  }> {
    const filesBefore = this.guests.reduce((sum, { files }) => sum + files.length, 0);
    const order = this.orderFor({ id: 'clean', file: '', clockOffsetMs: 0 });
    const end = await this.start({ ...order, mode: 'clean' }).ended;
    if (end.how !== 'summary') this.complain(`Clean Up Guest failed: ${JSON.stringify(end)}`);
    let processes: string[] = [];
    for (let tries = 0; tries < 150; tries += 1) {
      processes = this.guests.flatMap((guest) => guest.processes.map(nameOf));
      if (processes.length === 0) break;
      await sleep(100);
    }
    for (const name of processes) this.complain(`left: ${name}`);
    const files = this.guests.flatMap((guest) => guest.files);
    for (const file of files) this.complain(`left: ${file}`);
    return { filesBefore, files: files.length, processes: processes.length };
  }

  async dispose(): Promise<void> {
    if (this.running) {
      await this.controller.kill();
      this.discard(this.experiment);
    }
    for (const guest of this.guests) await guest.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function works(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function hasBegun(file: string): boolean {
  return existsSync(file) && readFileSync(file).includes(0x0a);
}

function nameOf(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`;
  } catch {
    return String(pid);
  }
}
