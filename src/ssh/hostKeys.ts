import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  checkHostKey,
  fingerprint,
  hostMatches,
  hostToken,
  keyTypeOf,
  orderHostKeyAlgorithms,
  parseKnownHosts,
  type KnownHost,
} from './knownHosts';
import { SshError, type Prompter, type Target } from './transport';

export interface HostKeyFiles {
  /** The extension's own store, in the format of known_hosts. The only file ever written. */
  readonly store: string;
  /** Files to read; default: ~/.ssh/known_hosts, known_hosts2 and those of /etc/ssh. */
  readonly known?: readonly string[];
  /** Further files to read. */
  readonly extra?: readonly string[];
}

const hostKeyAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;
export type HostKeyAlgorithm = (typeof hostKeyAlgorithms)[number];

interface ParsedFile {
  readonly text: string;
  readonly entries: readonly KnownHost[];
}

/** Which host keys are trusted. Reads the person's known_hosts files, keeps a store of its own, writes no other file. */
export class HostKeys {
  private readonly known: readonly string[];
  /** Questions being asked, by host and key: two connections to one new host ask once. */
  private readonly asking = new Map<string, Promise<boolean>>();
  private writing: Promise<unknown> = Promise.resolve();
  /**
   * What each file said when it was last read. It is read anew for every connection, as neither its time nor its size
   * would tell of each change; only what says the same is not parsed a hundred times for a hundred guests.
   */
  private readonly parsed = new Map<string, ParsedFile>();

  constructor(
    private readonly files: HostKeyFiles,
    private readonly log: (line: string) => void = () => undefined,
  ) {
    const usual = files.known ?? [
      join(homedir(), '.ssh', 'known_hosts'),
      join(homedir(), '.ssh', 'known_hosts2'),
      '/etc/ssh/ssh_known_hosts',
      '/etc/ssh/ssh_known_hosts2',
    ];
    this.known = [...usual, ...(files.extra ?? [])];
  }

  /** Algorithms to ask the server for; undefined when nothing is known of it, so that the client's own order holds. */
  async algorithmsFor(target: Target): Promise<HostKeyAlgorithm[] | undefined> {
    const ordered = orderHostKeyAlgorithms(await this.entries(target), target, hostKeyAlgorithms);
    return ordered.some((name, index) => name !== hostKeyAlgorithms[index]) ? ordered : undefined;
  }

  /** Resolves when `key` may be trusted; an SshError otherwise. `ip` is the address connected to, for revocations. */
  async verify(target: Target, key: Buffer, prompter: Prompter, ip?: string): Promise<void> {
    const verdict = checkHostKey(await this.entries(target), { ...target, ip }, key);
    const question = { target, keyType: keyTypeOf(key), fingerprint: fingerprint(key) };
    switch (verdict.verdict) {
      case 'known':
        return;
      case 'revoked':
        throw new SshError(
          'host-key-revoked',
          `The key of ${target.name} (${question.fingerprint}) is marked as revoked in ${where(verdict.entry)}: do not connect, ask who runs that machine.`,
        );
      case 'changed': {
        const known = verdict.known.map((entry) => ({
          fingerprint: fingerprint(Buffer.from(entry.key, 'base64')),
          keyType: entry.keyType,
          where: entry.file === this.files.store ? 'the store of Guestbench' : where(entry),
        }));
        await prompter.reportChangedHostKey({ ...question, known });
        const old = known.map((each) => `${each.keyType} ${each.fingerprint} in ${each.where}`).join('; ');
        throw new SshError(
          'host-key-changed',
          `The key of ${target.name} (${hostToken(target.address, target.port)}) has changed: it shows ${question.keyType} ${question.fingerprint}, known is ${old}. ` +
            'Either the machine was installed anew or somebody stands in between. If you know why, remove the old key and connect again.',
        );
      }
      case 'unknown':
        if (!(await this.confirm(target, key, () => prompter.confirmHostKey(question))))
          throw new SshError(
            'host-key-unknown',
            `Not connected to ${target.name}: its key ${question.fingerprint} was not confirmed.`,
          );
    }
  }

  /** Removes what our own store says of the host. True when something was removed. Other files are left alone. */
  async forget(target: Target): Promise<boolean> {
    return this.exclusively(async () => {
      const text = await this.readStore();
      const token = hostToken(target.address, target.port);
      const lines = text.split('\n');
      const drop = new Set(
        parseKnownHosts(text, this.files.store)
          .filter((entry) => hostMatches(entry.hosts, token))
          .map((entry) => entry.line),
      );
      if (drop.size === 0) return false;
      const temporary = `${this.files.store}.${process.pid}.tmp`;
      try {
        await write(temporary, lines.filter((_, index) => !drop.has(index + 1)).join('\n'), 'w');
        await rename(temporary, this.files.store);
      } catch (error) {
        await rm(temporary, { force: true });
        throw this.storeError('written', error);
      }
      return true;
    });
  }

  private confirm(target: Target, key: Buffer, ask: () => Promise<boolean>): Promise<boolean> {
    const id = `${hostToken(target.address, target.port)} ${key.toString('base64')}`;
    const asked = this.asking.get(id);
    if (asked) return asked;
    const answer = (async () => {
      const yes = await ask();
      if (yes) await this.remember(target, key);
      return yes;
    })().finally(() => this.asking.delete(id));
    this.asking.set(id, answer);
    return answer;
  }

  private async remember(target: Target, key: Buffer): Promise<void> {
    const line = `${hostToken(target.address, target.port)} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
    await this.exclusively(async () => {
      try {
        await mkdir(dirname(this.files.store), { recursive: true, mode: 0o700 });
        const text = await this.readStore();
        await write(this.files.store, text === '' || text.endsWith('\n') ? line : `\n${line}`, 'a');
      } catch (error) {
        throw error instanceof SshError ? error : this.storeError('written', error);
      }
    });
  }

  private async entries(target: Target): Promise<KnownHost[]> {
    const texts = await Promise.all(this.known.map((file) => this.readKnown(file, target)));
    return [...texts.flat(), ...this.parse(await this.readStore(), this.files.store)];
  }

  /** A file of the person's that cannot be read only means fewer known keys: they are asked then. */
  private async readKnown(file: string, target: Target): Promise<readonly KnownHost[]> {
    try {
      return this.parse(await readFile(file, 'utf8'), file);
    } catch (error) {
      if (!isMissing(error)) this.log(`${target.name}: ${file} cannot be read (${reason(error)})`);
      return [];
    }
  }

  private parse(text: string, file: string): readonly KnownHost[] {
    const before = this.parsed.get(file);
    if (before?.text === text) return before.entries;
    const entries = parseKnownHosts(text, file);
    this.parsed.set(file, { text, entries });
    return entries;
  }

  private async readStore(): Promise<string> {
    try {
      return await readFile(this.files.store, 'utf8');
    } catch (error) {
      if (isMissing(error)) return '';
      throw this.storeError('read', error);
    }
  }

  private storeError(action: 'read' | 'written', error: unknown): SshError {
    return new SshError(
      'host-key-unknown',
      `Not connected: the store of known host keys, ${this.files.store}, cannot be ${action} (${reason(error)}). Repair or remove that file.`,
      { cause: error },
    );
  }

  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.writing.then(work, work);
    this.writing = turn.catch(() => undefined);
    return turn;
  }
}

async function write(file: string, text: string, flags: 'a' | 'w'): Promise<void> {
  const handle = await open(file, flags, 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const where = (entry: KnownHost): string => `${entry.file} line ${entry.line}`;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
