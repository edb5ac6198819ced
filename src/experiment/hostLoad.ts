import { peerText } from '../model/plainText';
import type { Evidence } from '../model/guest';
import type { Host, Lab } from '../model/lab';
import type { HostLoad } from '../model/load';
import { ByteQueue } from '../ssh/byteQueue';
import { quoteWord } from '../ssh/quote';
import type { Connection } from '../ssh/transport';
import { compactHostLoad } from './load';
import { XentopReader, domainNames } from './xentop';

const domainsMark = 'GB domains\n';
const xentopMark = Buffer.from('GB xentop\n');
/** More than `xl list` says of thousands of domains. */
const longestPreface = 1024 * 1024;
const noXentop = 127;

/** Lists the domains, then runs xentop until standard input ends: a server need not pass signals on. */
const watchScript = [
  'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL',
  `command -v xentop >/dev/null 2>&1 || exit ${noXentop}`,
  'echo GB domains; xl list -v 2>/dev/null; echo GB xentop',
  'exec 3<&0; xentop -b -f -d 1 </dev/null 3<&- & p=$!',
  '{ while read -r _; do :; done; kill "$p"; } <&3 >/dev/null 2>&1 & r=$!',
  'exec 3<&-; wait "$p"; c=$?; kill "$r" 2>/dev/null; exit "$c"',
].join('; ');

export interface HostLoadsOptions {
  readonly lab: Lab;
  readonly guests: readonly { readonly name: string; readonly host?: string | undefined }[];
  /** Absent: hosts are left alone. */
  readonly connect: ((host: Host) => Promise<Connection>) | undefined;
  /** Why the load of a host is not recorded; once for each. */
  readonly onNotice: (text: string) => void;
}

/** Ends the watching; what was seen, if anything. */
export type EndWatch = () => HostLoad | undefined;

/** The Xen hosts of an experiment, asked what their domains do. Nothing here can fail a trial or hold it up. */
export class HostLoads {
  private readonly watches = new Map<string, HostWatch>();
  private readonly uuids = new Map<string, string>();

  constructor(options: HostLoadsOptions) {
    const { connect } = options;
    if (connect === undefined) return;
    const hosts = new Map(options.lab.hosts.filter(isXenHost).map((host) => [host.name, host]));
    for (const { name, host: hostName } of options.guests) {
      const host = hostName === undefined ? undefined : hosts.get(hostName);
      if (host === undefined) continue;
      const known = [...this.watches.values()].find((watch) => watch.host === host);
      this.watches.set(name, known ?? new HostWatch(host, connect, options.onNotice));
    }
  }

  /** Connects, in the background, while the person who started the experiment is still there to answer. */
  open(): void {
    for (const watch of new Set(this.watches.values())) watch.open();
  }

  /** By its UUID the guest's domain is found, however the guest is called in the lab. */
  learn(guest: string, evidence: Evidence): void {
    const uuid = evidence.get('/sys/hypervisor/uuid')?.trim().toLowerCase();
    if (uuid !== undefined && uuid !== '') this.uuids.set(guest, uuid);
  }

  /** Watches the guest's host during a trial. */
  watch(guest: string): EndWatch {
    return this.watches.get(guest)?.watch(guest, this.uuids.get(guest)) ?? (() => undefined);
  }
}

function isXenHost({ kind, address }: Host): boolean {
  return address !== undefined && (kind === undefined || kind === 'xl' || kind === 'other');
}

class HostWatch {
  private opening: Promise<Connection | undefined> | undefined;
  private isUseless = false;
  private isTold = false;

  constructor(
    readonly host: Host,
    private readonly connect: (host: Host) => Promise<Connection>,
    private readonly onNotice: (text: string) => void,
  ) {}

  open(): void {
    void this.connection();
  }

  watch(guest: string, uuid: string | undefined): EndWatch {
    const session = new WatchSession();
    void this.run(session);
    return () => session.end(this.host.name, guest, uuid);
  }

  private async run(session: WatchSession): Promise<void> {
    const connection = await this.connection();
    if (connection === undefined || session.isOver()) return;
    try {
      const { code, stderr } = await connection.exec(`exec /bin/sh -c ${quoteWord(watchScript)}`, {
        timeoutMs: Infinity,
        holdStdin: true,
        discardStdout: true,
        signal: session.signal,
        onStdout: (chunk) => session.add(chunk.toString('latin1')),
      });
      // A channel that ends without an exit code was lost with its connection: the next trial connects anew.
      if (session.isOver() || !connection.isOpen || code === null) return;
      this.isUseless = true;
      const said = peerText(stderr.toString('utf8').trim().split('\n').at(-1) ?? '', 200);
      this.tell(
        code === noXentop
          ? 'xentop was not found there.'
          : `xentop ended (exit code ${code})${said === '' ? '' : `: ${said}`}`,
      );
    } catch {
      // Ended by us, or lost: the next trial connects anew.
    }
  }

  /** A host that could not be reached at first is left alone; one that was lost is tried again. */
  private async connection(): Promise<Connection | undefined> {
    const known = this.opening;
    if (known !== undefined) {
      const connection = await known;
      if (connection?.isOpen === true) return connection;
      if (this.opening === known) this.opening = undefined;
    }
    if (this.isUseless) return undefined;
    this.opening ??= this.connect(this.host).catch((error: unknown) => {
      this.isUseless = true;
      this.tell(error instanceof Error ? error.message : String(error));
      return undefined;
    });
    return this.opening;
  }

  private tell(why: string): void {
    if (this.isTold) return;
    this.isTold = true;
    this.onNotice(`The load of the host ${this.host.name} is not recorded: ${why}`);
  }
}

/** One trial's watching. */
class WatchSession {
  private readonly ending = new AbortController();
  private readonly reader = new XentopReader();
  private readonly preface = new ByteQueue();
  /** So much of it was searched before, in vain. */
  private searched = 0;
  private isListed = false;
  private names = new Map<string, string>();

  get signal(): AbortSignal {
    return this.ending.signal;
  }

  isOver(): boolean {
    return this.ending.signal.aborted;
  }

  add(text: string): void {
    if (this.isOver()) return;
    if (this.isListed) {
      this.reader.add(text, performance.now());
      return;
    }
    // The login shell may print something first.
    this.preface.add(Buffer.from(text, 'latin1'));
    const at = this.preface.indexOf(xentopMark, this.searched);
    if (at < 0) {
      this.searched = Math.max(0, this.preface.length - xentopMark.length + 1);
      if (this.preface.length > longestPreface) this.ending.abort();
      return;
    }
    const listed = this.preface.take(at).toString('latin1');
    this.names = domainNames(listed.slice(Math.max(0, listed.indexOf(domainsMark))));
    this.preface.skip(xentopMark.length);
    this.isListed = true;
    this.reader.add(this.preface.take(this.preface.length).toString('latin1'), performance.now());
  }

  end(host: string, guest: string, uuid: string | undefined): HostLoad | undefined {
    this.ending.abort();
    const domain = (uuid === undefined ? undefined : this.names.get(uuid)) ?? guest;
    return compactHostLoad(host, domain, this.reader.samples());
  }
}
