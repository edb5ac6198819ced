import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isIPv4, isIPv6 } from 'node:net';
import {
  checkHostKey,
  exactField,
  fingerprint,
  hostToken,
  isAbout,
  keyTypeOf,
  orderHostKeyAlgorithms,
  ownerToken,
  parseKnownHosts,
  type KeyOwner,
  type KnownHost,
} from './knownHosts';
import { isRevoked, UnreadableRevocations } from './revokedKeys';
import { SshError, type HostKeyQuestion, type Prompter, type Target } from './transport';

export interface HostKeyFiles {
  /** The extension's own store, in the format of known_hosts. The only file ever written. */
  readonly store: string;
  /**
   * Files to read; default: ~/.ssh/known_hosts, known_hosts2 and those of /etc/ssh. A target whose configuration names
   * files of its own (UserKnownHostsFile, GlobalKnownHostsFile) is looked up in those instead.
   */
  readonly known?: readonly string[];
  /** Further files to read, whatever a target's configuration says. */
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

/**
 * What a key is good for. `unsafe`: the configuration lets changed keys pass (StrictHostKeyChecking no), so nothing may
 * be sent that somebody in between could use, such as a password.
 */
export type Trust = 'trusted' | 'unsafe';

interface ParsedFile {
  readonly text: string;
  readonly entries: readonly KnownHost[];
}

/** Which host keys are trusted. Reads the person's known_hosts files, keeps a store of its own, writes no other file. */
export class HostKeys {
  private readonly userFiles: readonly string[];
  private readonly globalFiles: readonly string[];
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
    const home = join(homedir(), '.ssh');
    this.userFiles = files.known ?? [join(home, 'known_hosts'), join(home, 'known_hosts2')];
    this.globalFiles = files.known ? [] : ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  }

  /**
   * Algorithms to ask the server for; undefined when nothing is known of it, so that the client's own order holds.
   * @throws SshError when the configuration allows none that is supported.
   */
  async algorithmsFor(target: Target): Promise<HostKeyAlgorithm[] | undefined> {
    const { algorithms: wanted, keepsOrder } = target.hostKeys ?? {};
    const allowed = wanted
      ? wanted.flatMap((name) => hostKeyAlgorithms.find((known) => known === name) ?? [])
      : hostKeyAlgorithms;
    if (allowed.length === 0)
      throw new SshError(
        'algorithms',
        `${target.name}: HostKeyAlgorithms of the OpenSSH configuration allows no host key type that Guestbench supports. Add ssh-ed25519, ecdsa-sha2-nistp256 or rsa-sha2-512 there.`,
      );
    const ordered =
      keepsOrder === true
        ? [...allowed]
        : orderHostKeyAlgorithms(await this.entries(target), ownerOf(target), allowed);
    return ordered.length !== hostKeyAlgorithms.length ||
      ordered.some((name, index) => name !== hostKeyAlgorithms[index])
      ? ordered
      : undefined;
  }

  /**
   * Resolves when `key` may be trusted, as OpenSSH decides with the target's configuration; rejects with an SshError
   * otherwise. `ip` is the address connected to, for revocations and CheckHostIP.
   */
  async verify(target: Target, key: Buffer, prompter: Prompter, ip?: string): Promise<Trust> {
    const rules = target.hostKeys ?? {};
    await this.refuseRevoked(target, key);
    const entries = await this.entries(target);
    const verdict = checkHostKey(entries, { ...ownerOf(target), ip }, key);
    const question = { target, keyType: keyTypeOf(key), fingerprint: fingerprint(key) };
    switch (verdict.verdict) {
      case 'known': {
        const note = ipNote(entries, target, key, ip);
        if (note !== undefined) await this.confirmIp(target, { ...question, notes: [note] }, prompter);
        return 'trusted';
      }
      case 'revoked':
        throw new SshError(
          'host-key-revoked',
          `The key of ${target.name} (${question.fingerprint}) is marked as revoked in ${this.where(verdict.entry)}: do not connect, ask who runs that machine.`,
        );
      case 'changed':
        if (rules.strict === 'no') {
          this.log(
            `${target.name}: the host key has changed to ${question.fingerprint}. StrictHostKeyChecking is off, so the connection goes on without passwords.`,
          );
          return 'unsafe';
        }
        return this.refuseChanged(question, verdict.known, prompter);
      case 'unknown': {
        const note = ipNote(entries, target, key, ip);
        const notes = [
          ...(rules.command === undefined ? [] : [commandNote(target)]),
          ...(note === undefined ? [] : [note]),
        ];
        await this.acceptUnknown({ ...question, ...(notes.length > 0 ? { notes } : {}) }, key, prompter);
        return 'trusted';
      }
    }
  }

  /** RevokedHostKeys counts before everything else, and a list that cannot be read refuses every key. */
  private async refuseRevoked(target: Target, key: Buffer): Promise<void> {
    for (const file of target.hostKeys?.revoked ?? []) {
      let revoked: boolean;
      try {
        revoked = isRevoked(await readFile(file), key);
      } catch (error) {
        const why = error instanceof UnreadableRevocations ? error.message : reason(error);
        throw new SshError(
          'host-key-revoked',
          `${target.name}: not connected, as the list of revoked host keys ${file} cannot be read (${why}). Repair it, or change RevokedHostKeys in the OpenSSH configuration.`,
          { cause: error },
        );
      }
      if (revoked)
        throw new SshError(
          'host-key-revoked',
          `${target.name}: its host key ${fingerprint(key)} is revoked by ${file} (RevokedHostKeys). Do not connect, and ask who runs that machine.`,
        );
    }
  }

  private async refuseChanged(
    question: HostKeyQuestion,
    entries: readonly KnownHost[],
    prompter: Prompter,
  ): Promise<never> {
    const { target, keyType } = question;
    const known = entries.map((entry) => ({
      fingerprint: fingerprint(Buffer.from(entry.key, 'base64')),
      keyType: entry.keyType,
      where: this.where(entry),
    }));
    const isOtherType = known.every((each) => each.keyType !== keyType);
    if (target.signIn?.isBatch !== true) await prompter.reportChangedHostKey({ ...question, known });
    const old = known.map((each) => `${each.keyType} ${each.fingerprint} in ${each.where}`).join('; ');
    throw new SshError(
      'host-key-changed',
      `The key of ${target.name} (${ownerToken(ownerOf(target))}) has changed: it shows ${keyType} ${question.fingerprint}, known is ${old}${isOtherType ? ', which it did not show although it was asked for first' : ''}. ` +
        'Either the machine was installed anew or somebody stands in between. If you know why, remove the old key and connect again.',
    );
  }

  /** The first contact: asked, accepted or refused, as StrictHostKeyChecking says. */
  private async acceptUnknown(question: HostKeyQuestion, key: Buffer, prompter: Prompter): Promise<void> {
    const { target } = question;
    const { strict, userFiles, command } = target.hostKeys ?? {};
    if (strict === 'yes')
      throw new SshError(
        'host-key-unknown',
        `${target.name}: its key ${question.fingerprint} is not known, and StrictHostKeyChecking of the OpenSSH configuration refuses unknown keys. ` +
          (command === undefined
            ? 'Add the key to known_hosts, then connect again.'
            : 'Guestbench does not run KnownHostsCommand: add the key to known_hosts, then connect again.'),
      );
    // Without any file of the person's ssh accepts nothing by itself either.
    if (strict !== undefined && userFiles?.length !== 0) {
      this.log(`${target.name}: new host key ${question.fingerprint} accepted (StrictHostKeyChecking)`);
      // With nothing but /dev/null the person wants nothing to be remembered.
      if (userFiles?.every((file) => isNowhere(file)) !== true) await this.remember(target, key);
      return;
    }
    if (target.signIn?.isBatch === true)
      throw new SshError(
        'host-key-unknown',
        `${target.name}: its key ${question.fingerprint} is not known, and BatchMode of the OpenSSH configuration forbids asking. Add the key to known_hosts, then connect again.`,
      );
    if (!(await this.confirm(target, key, () => prompter.confirmHostKey(question))))
      throw new SshError(
        'host-key-unknown',
        `Not connected to ${target.name}: its key ${question.fingerprint} was not confirmed.`,
      );
  }

  /** The name's key is right, that of its address is another one. */
  private async confirmIp(target: Target, question: HostKeyQuestion, prompter: Prompter): Promise<void> {
    const { strict } = target.hostKeys ?? {};
    if (strict === 'no') return;
    const mayAsk = strict === undefined && target.signIn?.isBatch !== true;
    if (mayAsk && (await prompter.confirmHostKey(question))) return;
    throw new SshError(
      'host-key-changed',
      `${target.name}: ${question.notes?.join(' ') ?? ''} Not connected: remove the old key of the address, or set CheckHostIP to no in the OpenSSH configuration.`,
    );
  }

  private where(entry: KnownHost): string {
    return entry.file === this.files.store ? 'the store of Guestbench' : `${entry.file} line ${entry.line}`;
  }

  /** Removes what our own store says of the host. True when something was removed. Other files are left alone. */
  async forget(target: Target): Promise<boolean> {
    return this.exclusively(async () => {
      const text = await this.readStore();
      const token = ownerToken(ownerOf(target));
      const lines = text.split('\n');
      const drop = new Set(
        parseKnownHosts(text, this.files.store, 'exact')
          .filter((entry) => isAbout(entry, token))
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
    const id = `${ownerToken(ownerOf(target))} ${key.toString('base64')}`;
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
    const line = `${exactField(ownerToken(ownerOf(target)))} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
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
    const { userFiles = this.userFiles, globalFiles = this.globalFiles } = target.hostKeys ?? {};
    const files = [...userFiles, ...globalFiles, ...(this.files.extra ?? [])].filter(
      (file) => !isNowhere(file),
    );
    const texts = await Promise.all(files.map((file) => this.readKnown(file, target)));
    return [...texts.flat(), ...this.parse(await this.readStore(), this.files.store, 'exact')];
  }

  /** A file of the person's that cannot be read only means fewer known keys: they are asked then. */
  private async readKnown(file: string, target: Target): Promise<readonly KnownHost[]> {
    try {
      return this.parse(await readFile(file, 'utf8'), file, 'patterns');
    } catch (error) {
      if (!isMissing(error)) this.log(`${target.name}: ${file} cannot be read (${reason(error)})`);
      return [];
    }
  }

  private parse(text: string, file: string, names: KnownHost['names']): readonly KnownHost[] {
    const before = this.parsed.get(file);
    if (before?.text === text) return before.entries;
    const entries = parseKnownHosts(text, file, names);
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

const ownerOf = ({ address, port, hostKeys }: Target): KeyOwner => ({
  address,
  port,
  alias: hostKeys?.alias,
});

const isNowhere = (file: string): boolean => file === '/dev/null' || file.toUpperCase() === 'NUL';

const commandNote = (target: Target): string =>
  `The OpenSSH configuration of ${target.name} names a KnownHostsCommand, which Guestbench does not run: a key that only this command knows is unknown here.`;

/** With CheckHostIP: what is wrong with the key of the address that the name leads to; undefined: nothing. */
function ipNote(
  entries: readonly KnownHost[],
  target: Target,
  key: Buffer,
  ip: string | undefined,
): string | undefined {
  const isLocal = ip === undefined || /^(?:127\.|::1$|::ffff:127\.)/.test(ip);
  if (target.hostKeys?.checksIp !== true || isLocal || isIPv4(target.address) || isIPv6(target.address))
    return undefined;
  const place = hostToken(ip, target.port);
  if (checkHostKey(entries, { address: ip, port: target.port }, key).verdict !== 'changed') return undefined;
  return `The address ${place} of ${target.name} is known with another key (CheckHostIP).`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function reason(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
