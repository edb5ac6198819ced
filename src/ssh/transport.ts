/** Where a guest is reached and as whom. */
export interface Target {
  /** What people call it; used in prompts and messages. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Private key files to offer, in order; absolute paths. */
  readonly identityFiles: readonly string[];
  /** Only the keys above, not all of the agent's. */
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket, or undefined for none. */
  readonly agent: string | undefined;
  /** Machines to go through, nearest first. */
  readonly jumps: readonly Target[];
  /** What the person's OpenSSH configuration says of host keys; absent: OpenSSH's defaults. */
  readonly hostKeys?: HostKeyRules;
  /** What it says of signing in; absent: OpenSSH's defaults. */
  readonly signIn?: SignInRules;
}

/** Options of ssh_config(5) about host keys; absent ones have OpenSSH's defaults. Paths are absolute. */
export interface HostKeyRules {
  /** HostKeyAlias, in lower case: the machine's name in known_hosts, without port. */
  readonly alias?: string;
  /** UserKnownHostsFile; empty: none. */
  readonly userFiles?: readonly string[];
  /** GlobalKnownHostsFile; empty: none. */
  readonly globalFiles?: readonly string[];
  /** StrictHostKeyChecking; absent: ask. */
  readonly strict?: 'yes' | 'accept-new' | 'no';
  /** RevokedHostKeys: lists of keys or binary revocation lists. */
  readonly revoked?: readonly string[];
  /** KnownHostsCommand, which is told but never run. */
  readonly command?: string;
  /** CheckHostIP. */
  readonly checksIp?: boolean;
  /** HostKeyAlgorithms, in the order in which they are asked for. */
  readonly algorithms?: readonly string[];
  /** The order is the person's; otherwise types of known keys go first. */
  readonly keepsOrder?: boolean;
}

export type SignInMethod = 'publickey' | 'keyboard-interactive' | 'password';

/** Options of ssh_config(5) about signing in; absent ones have OpenSSH's defaults. */
export interface SignInRules {
  /** Methods that are tried, in this order (PreferredAuthentications without those that are switched off). */
  readonly methods?: readonly SignInMethod[];
  /** NumberOfPasswordPrompts; absent: 3. */
  readonly passwordPrompts?: number;
  /** BatchMode: nobody is asked for a secret or about a host key. */
  readonly isBatch?: boolean;
  /** CertificateFile, which cannot be used. */
  readonly certificates?: readonly string[];
}

export interface ExecOptions {
  /**
   * Written to the command's standard input, which is then closed. Default: closed at once. Chunks are asked for no
   * faster than the command takes them; what they throw is what `exec` rejects with.
   */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  /**
   * Stops waiting. The command sees the end of its standard input and of its readers; a TERM reaches it only where
   * the server passes signals on (not in root's sessions): a command that does neither read nor write runs on.
   */
  readonly signal?: AbortSignal;
  /** Default 60 s, the wait for a free channel included; Infinity for none. Ends like `signal`. */
  readonly timeoutMs?: number;
  /** Called as output arrives, besides the collected result. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  /** Keep standard input open until the command ends (a follower ends itself when it closes). */
  readonly holdStdin?: boolean;
  /** Do not collect standard output (it is consumed by onStdout), nor standard error if onStderr consumes it. */
  readonly discardStdout?: boolean;
  /** What may be collected, in bytes; more is refused with an SshError `protocol`. Default 4 MiB. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** null when a signal ended it. A lost connection is an error (SshError 'lost'), never a result. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** An interactive shell with a terminal. */
export interface Shell {
  write(data: string): void;
  resize(columns: number, rows: number): void;
  onData(listener: (chunk: Buffer) => void): void;
  /** Exit code; null when a signal or a lost connection ended it. */
  onClose(listener: (code: number | null) => void): void;
  close(): void;
}

/** One authenticated connection. All its users share it. */
export interface Connection {
  readonly target: Target;
  readonly isOpen: boolean;
  exec(command: string, options?: ExecOptions): Promise<ExecResult>;
  shell(columns: number, rows: number): Promise<Shell>;
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

export type SshErrorKind =
  | 'cancelled' // the person, or an AbortSignal
  | 'refused' // nothing is listening there
  | 'unreachable' // no route, name not found
  | 'timeout'
  | 'host-key-unknown' // first contact, and the person said no; or known keys cannot be read
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'authentication'
  | 'key' // a key file that cannot be read or used
  | 'algorithms' // no common algorithm
  | 'no-shell' // the account cannot run commands
  | 'lost' // the connection ended during the work
  | 'protocol'; // anything else the other side said

/** What went wrong with a connection: `message` says what, where and what to do. */
export class SshError extends Error {
  override readonly name = 'SshError';
  constructor(
    readonly kind: SshErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface HostKeyQuestion {
  readonly target: Target;
  readonly keyType: string;
  /** `SHA256:…` as OpenSSH prints it. */
  readonly fingerprint: string;
  /** What else bears on the decision, each a sentence. */
  readonly notes?: readonly string[];
}

export interface ChangedHostKey extends HostKeyQuestion {
  /** Where the old key stands: file and line, or the extension's own store. */
  readonly known: readonly {
    readonly fingerprint: string;
    readonly keyType: string;
    readonly where: string;
  }[];
}

export interface SecretQuestion {
  readonly kind: 'password' | 'passphrase';
  readonly target: Target;
  /** The key file, for a passphrase. */
  readonly file?: string;
  /** 1 for the first question, 2 after a wrong answer, … */
  readonly attempt: number;
  /** `SHA256:…` of the verified key of the machine that a password is sent to. */
  readonly hostKey?: string;
}

/**
 * How the ssh room asks a person. Each may take as long as the person does; undefined = cancelled. A question whose
 * signal is aborted is taken back: nobody waits for its answer any more.
 */
export interface Prompter {
  /** First contact: is this the right machine? */
  confirmHostKey(question: HostKeyQuestion, signal?: AbortSignal): Promise<boolean>;
  /** Tells of a changed key; the connection is refused whatever the person does. */
  reportChangedHostKey(changed: ChangedHostKey, signal?: AbortSignal): Promise<void>;
  secret(question: SecretQuestion, signal?: AbortSignal): Promise<string | undefined>;
  /** Keyboard-interactive: the server's own texts; answers in the same order. */
  answers(
    target: Target,
    title: string,
    instructions: string,
    prompts: readonly { readonly prompt: string; readonly echo: boolean }[],
    signal?: AbortSignal,
  ): Promise<readonly string[] | undefined>;
  /** A secret was right (keep it, if the person wishes) or wrong (forget it). */
  secretOutcome(question: SecretQuestion, outcome: 'right' | 'wrong'): void;
}
