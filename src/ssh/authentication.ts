import type { AnyAuthMethod, BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { peerLines, peerText } from '../model/plainText';
import type { Trust } from './hostKeys';
import { readKeyFile, type KeyFile, type Ssh2 } from './keyFiles';
import {
  SshError,
  type Prompter,
  type SecretQuestion,
  type SignInMethod,
  type SignInRules,
  type Target,
} from './transport';

/** A person is asked for a secret this often on one connection, unless NumberOfPasswordPrompts says otherwise. */
const defaultAttempts = 3;
const allMethods: readonly SignInMethod[] = ['publickey', 'keyboard-interactive', 'password'];
/** Methods of a server that are named in a message, and the length of one name. */
const namedMethods = { most: 8, length: 40 } as const;

export interface AuthenticationContext {
  readonly ssh2: Ssh2;
  readonly target: Target;
  readonly prompter: Prompter;
  /** Aborted when nobody waits for the connection any more: questions are taken back. */
  readonly signal?: AbortSignal | undefined;
  /** Runs a question to a person while the connection's time limit stands still. */
  readonly whileAsking: <T>(ask: () => Promise<T>) => Promise<T>;
  readonly log: (line: string) => void;
}

/** A key that may be shown to the server; `sign` may ask for its passphrase. */
interface Candidate {
  readonly label: string;
  readonly publicKey: ParsedKey;
  readonly sign: (data: Buffer, options: SigningRequestOptions) => Buffer | Promise<Buffer>;
}

/**
 * The methods tried on one connection, one after the other: agent, key files, keyboard-interactive, password.
 * Questions are asked lazily, only for what the server offers. Every key is presented by an agent of our own
 * holding just that one: so the server sees the public half first and a passphrase is asked only for a key it
 * takes, and a key accepted as first of two factors is noticed (ssh2's own agent loop goes on to the next key).
 */
export class Authentication {
  /** What the server lets us try now. */
  private offered: readonly string[] = [];
  /** All it ever offered, and all that was tried, for the message. */
  private readonly everOffered = new Set<string>();
  private readonly tried = new Set<string>();
  private readonly notes: string[] = [];
  private steps = 0;
  private asked = 0;
  private declined = false;
  private pending: SecretQuestion | undefined;
  private keyProblem: SshError | undefined;
  private keysTried = 0;
  /** The server has not said yet what it makes of the last method. */
  private isUnderWay = false;
  private readonly methods: AsyncGenerator<AnyAuthMethod, void>;
  private readonly rules: SignInRules;
  /** Fingerprint of the server's verified key. */
  private hostKey: string | undefined;
  /** The server's key is not the known one: it gets no password and no answer. */
  private isUnsafe = false;

  constructor(private readonly context: AuthenticationContext) {
    const { target, log } = context;
    this.rules = target.signIn ?? {};
    this.methods = this.sequence();
    for (const file of this.rules.certificates ?? []) log(`${target.name}: ${certificateNote(file)}`);
  }

  /** The server's key was looked at, before anything is tried. */
  hostVerified(hostKey: string, trust: Trust): void {
    this.hostKey = hostKey;
    this.isUnsafe = trust === 'unsafe';
  }

  /** What the server answered to the last method. ssh2 does not pass this on after a key of an agent. */
  serverOffers(methods: readonly string[]): void {
    const before = this.offered;
    this.offered = methods;
    for (const method of methods.slice(0, namedMethods.most))
      this.everOffered.add(peerText(method, namedMethods.length));
    // A method that was on offer goes away when it was accepted as one of several factors.
    if (before.length > 0 && before.join() !== methods.join()) this.steps += 1;
  }

  /** The next method, after the one before was not enough; undefined when there is none left. */
  async next(partialSuccess: boolean): Promise<AnyAuthMethod | undefined> {
    this.isUnderWay = false;
    this.settle(partialSuccess ? 'right' : 'wrong');
    const { value, done } = await this.methods.next();
    if (done === true) return undefined;
    this.isUnderWay = value.type !== 'none';
    return value;
  }

  succeeded(): void {
    this.settle('right');
  }

  /** The person did not want to answer. */
  get isDeclined(): boolean {
    return this.declined;
  }

  /** Something was tried, and the server answered to the last of it. */
  get isRefused(): boolean {
    return this.tried.size > 0 && !this.isUnderWay;
  }

  /** A password or an answer is on its way, and the server has not said what it makes of it. */
  get isSecretUnderWay(): boolean {
    return this.isUnderWay && this.asked > 0;
  }

  /** Why nobody got in. */
  failure(): SshError {
    const { target } = this.context;
    const who = `${target.user}@${target.address}`;
    if (this.declined) return new SshError('cancelled', `Signing in as ${who} was cancelled.`);
    if (this.keyProblem && this.tried.size === 0) return this.keyProblem;
    const offered = [...this.everOffered].join(', ') || 'none';
    const notes = [...this.notes, ...this.ruleNotes()];
    const what =
      this.tried.size > 0
        ? `Access denied. Tried: ${[...this.tried].join(', ')}. The server offers: ${offered}.`
        : `Access denied: no key, agent or password was available. The server offers: ${offered}.`;
    const advice =
      this.tried.size > 0
        ? 'Check the user, the key or the password'
        : 'Name a key for this guest, or start an SSH agent';
    return new SshError(
      'authentication',
      [`${target.name} (${who}): ${what}`, ...notes, `${advice}, then connect again.`].join(' '),
    );
  }

  /** What of the person's configuration may be the reason, each a sentence. */
  private ruleNotes(): string[] {
    const { methods = allMethods, isBatch, certificates = [] } = this.rules;
    const off = allMethods.filter((method) => this.everOffered.has(method) && !methods.includes(method));
    return [
      ...(off.length > 0 ? [`The OpenSSH configuration switches off ${off.join(' and ')}.`] : []),
      ...(isBatch === true ? ['BatchMode of the OpenSSH configuration forbids asking for a secret.'] : []),
      ...(this.isUnsafe ? ['Its host key has changed, so no password was sent.'] : []),
      ...certificates.map(certificateNote),
    ];
  }

  private async *sequence(): AsyncGenerator<AnyAuthMethod, void> {
    yield { type: 'none', username: this.context.target.user };
    const keys = this.candidates();
    for (;;) {
      const steps = this.steps;
      for (const method of this.rules.methods ?? allMethods) {
        if (method === 'publickey') yield* this.publicKeys(keys);
        else if (method === 'keyboard-interactive') yield* this.keyboardInteractive();
        else yield* this.passwords();
      }
      // Only an accepted factor opens a new way.
      if (this.steps === steps) return;
    }
  }

  private offers(method: string): boolean {
    return this.offered.includes(method);
  }

  private async *publicKeys(keys: AsyncGenerator<Candidate>): AsyncGenerator<AnyAuthMethod, void> {
    while (this.offers('publickey')) {
      const next = await keys.next();
      if (next.done === true) return;
      const key = next.value;
      this.tried.add(key.label);
      this.keysTried += 1;
      yield {
        type: 'agent',
        username: this.context.target.user,
        agent: singleKeyAgent(this.context.ssh2, key, (error) => this.signFailed(key, error)),
      };
    }
  }

  private signFailed(key: Candidate, error: unknown): void {
    this.notes.push(`${key.label}: ${peerText(error instanceof Error ? error.message : String(error))}.`);
  }

  private *keyboardInteractive(): Generator<AnyAuthMethod, void> {
    const { target } = this.context;
    while (this.offers('keyboard-interactive') && this.mayAsk()) {
      let questions = 0;
      const steps = this.steps;
      this.tried.add('keyboard-interactive');
      yield {
        type: 'keyboard-interactive',
        username: target.user,
        prompt: (title, instructions, _language, prompts, finish) => {
          if (prompts.length > 0 && questions++ === 0) this.asked += 1;
          void this.answers(title, instructions, prompts).then(finish, () => finish([]));
        },
      };
      // Refused without a question (the server only pretends), or done as one factor of several.
      if (questions === 0 || this.steps !== steps) return;
    }
  }

  private async answers(
    title: string,
    instructions: string,
    prompts: readonly { prompt: string; echo?: boolean }[],
  ): Promise<string[]> {
    const { prompter, target, signal, whileAsking } = this.context;
    if (this.declined) return [];
    const texts = prompts.map(({ prompt, echo }) => ({ prompt: peerLines(prompt), echo: echo ?? false }));
    const headline = peerText(title, 100);
    const explanation = peerLines(instructions, 1000);
    const answers = await whileAsking(() => prompter.answers(target, headline, explanation, texts, signal));
    if (answers === undefined) this.declined = true;
    return [...(answers ?? [])];
  }

  private async *passwords(): AsyncGenerator<AnyAuthMethod, void> {
    const { prompter, target, signal, whileAsking } = this.context;
    for (let attempt = 1; this.offers('password') && this.mayAsk(); attempt += 1) {
      const { hostKey } = this;
      const question: SecretQuestion = {
        kind: 'password',
        target,
        attempt,
        ...(hostKey === undefined ? {} : { hostKey }),
      };
      const password = await whileAsking(() => prompter.secret(question, signal));
      if (password === undefined) {
        this.declined = true;
        return;
      }
      this.asked += 1;
      this.pending = question;
      this.tried.add('password');
      const steps = this.steps;
      yield { type: 'password', username: target.user, password };
      if (this.steps !== steps) return;
    }
  }

  private get attempts(): number {
    return this.rules.passwordPrompts ?? defaultAttempts;
  }

  private mayAsk(): boolean {
    return this.asked < this.attempts && !this.declined && !this.isUnsafe && this.rules.isBatch !== true;
  }

  private settle(outcome: 'right' | 'wrong'): void {
    if (this.pending) this.context.prompter.secretOutcome(this.pending, outcome);
    this.pending = undefined;
  }

  /** Agent keys first, those that stand in key files before the others; then key files the agent does not hold. */
  private async *candidates(): AsyncGenerator<Candidate> {
    const { ssh2, target, log } = this.context;
    const files = await Promise.all(target.identityFiles.map((file) => readKeyFile(ssh2, file)));
    for (const file of files) this.noteProblem(file, files.length === 1);
    const wanted = files.flatMap((file) => publicKeyOf(file) ?? []);
    const inAgent: ParsedKey[] = [];
    if (target.agent !== undefined) {
      const agent = ssh2.createAgent(target.agent);
      const all = await identities(agent).catch((error: unknown) => {
        log(`${target.name}: the SSH agent gives no keys (${peerText(String(error))})`);
        return [];
      });
      const named = all.filter((key) => wanted.some((other) => sameKey(key, other)));
      const others = target.identitiesOnly ? [] : all.filter((key) => !named.includes(key));
      inAgent.push(...named, ...others);
      for (const publicKey of inAgent)
        yield {
          label: `agent key ${peerText(publicKey.comment || publicKey.type, 80)}`,
          publicKey,
          sign: (data, options) => agentSign(agent, publicKey, data, options),
        };
    }
    for (const file of files) {
      const known = publicKeyOf(file);
      if (known && inAgent.some((key) => sameKey(key, known))) continue;
      const candidate = await this.fromFile(file);
      if (candidate) yield candidate;
    }
  }

  private async fromFile(file: KeyFile): Promise<Candidate | undefined> {
    const label = `key ${file.file}`;
    const sign = (key: ParsedKey, data: Buffer, options: SigningRequestOptions): Buffer => {
      const signature: unknown = key.sign(data, options.hash);
      if (Buffer.isBuffer(signature)) return signature;
      throw signature instanceof Error ? signature : new Error('the key cannot sign');
    };
    if (file.state === 'ready')
      return { label, publicKey: file.key, sign: (data, options) => sign(file.key, data, options) };
    if (file.state !== 'locked') return undefined;
    if (file.publicKey) {
      return {
        label,
        publicKey: file.publicKey,
        sign: async (data, options) => {
          const key = await this.unlock(file);
          if (!key) throw new Error('the passphrase was not given');
          return sign(key, data, options);
        },
      };
    }
    const key = await this.unlock(file);
    return key && { label, publicKey: key, sign: (data, options) => sign(key, data, options) };
  }

  /** The unlocked key; undefined when the passphrase was not given or wrong each time. Other keys go on. */
  private async unlock(file: KeyFile & { state: 'locked' }): Promise<ParsedKey | undefined> {
    const { prompter, target, signal, whileAsking } = this.context;
    if (this.declined || this.rules.isBatch === true) return undefined;
    for (let attempt = 1; attempt <= this.attempts; attempt += 1) {
      const question: SecretQuestion = { kind: 'passphrase', target, file: file.file, attempt };
      const passphrase = await whileAsking(() => prompter.secret(question, signal));
      if (passphrase === undefined) {
        this.declined = true;
        return undefined;
      }
      const key = file.unlock(passphrase);
      prompter.secretOutcome(question, key === undefined ? 'wrong' : 'right');
      if (key instanceof SshError) {
        this.keyProblem ??= key;
        this.notes.push(key.message);
        return undefined;
      }
      if (key) return key;
    }
    this.keyProblem ??= new SshError('key', `The passphrase of ${file.file} was wrong each time.`);
    this.notes.push(`The passphrase of ${file.file} was wrong each time.`);
    return undefined;
  }

  private noteProblem(file: KeyFile, only: boolean): void {
    const { log, target } = this.context;
    if (file.state === 'missing') {
      log(`${target.name}: there is no key file ${file.file}`);
      if (!only) return;
      this.notes.push(`There is no key file ${file.file}.`);
      this.keyProblem ??= new SshError('key', `${target.name}: there is no key file ${file.file}.`);
    } else if (file.state === 'unusable') {
      log(`${target.name}: ${file.error.message}`);
      this.notes.push(file.error.message);
      this.keyProblem ??= file.error;
    }
  }
}

const certificateNote = (file: string): string =>
  `The certificate ${file} (CertificateFile) is not used, as Guestbench does not support certificates.`;

function publicKeyOf(file: KeyFile): ParsedKey | undefined {
  if (file.state === 'ready') return file.key;
  return file.state === 'public' || file.state === 'locked' ? file.publicKey : undefined;
}

const sameKey = (a: ParsedKey, b: ParsedKey): boolean => a.getPublicSSH().equals(b.getPublicSSH());

function singleKeyAgent(ssh2: Ssh2, key: Candidate, onFailure: (error: unknown) => void): BaseAgent {
  class SingleKeyAgent extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
      done(undefined, [key.publicKey]);
    }

    override sign(
      _publicKey: unknown,
      data: Buffer,
      optionsOrDone?: SigningRequestOptions | SignCallback,
      done?: SignCallback,
    ): void {
      const options = typeof optionsOrDone === 'object' ? optionsOrDone : {};
      const callback = typeof optionsOrDone === 'function' ? optionsOrDone : done;
      Promise.resolve()
        .then(() => key.sign(data, options))
        .then(
          (signature) => callback?.(undefined, signature),
          (error: unknown) => {
            onFailure(error);
            callback?.(error instanceof Error ? error : new Error(String(error)));
          },
        );
    }
  }
  return new SingleKeyAgent();
}

function identities(agent: BaseAgent): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error) reject(error);
      else
        resolve(
          (keys ?? []).filter((key): key is ParsedKey => typeof key === 'object' && 'getPublicSSH' in key),
        );
    });
  });
}

function agentSign(
  agent: BaseAgent,
  key: ParsedKey,
  data: Buffer,
  options: SigningRequestOptions,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    agent.sign(key, data, options, (error, signature) => {
      if (signature) resolve(Buffer.isBuffer(signature) ? signature : Buffer.from(signature));
      else reject(error ?? new Error('the agent did not sign'));
    });
  });
}
