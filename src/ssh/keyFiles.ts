import { keyFileBytes } from '../files/limits';
import { readWhole } from '../files/reading';
import { UserError } from '../model/userError';
import type * as ssh2Module from 'ssh2';
import type { ParsedKey } from 'ssh2';
import { keyText, privateKeyBlock, readPem, type KeyBlock } from './pemKeys';
import { SshError } from './transport';

export type Ssh2 = typeof ssh2Module;

/** What a file named as identity turned out to be. */
export type KeyFile =
  | { readonly state: 'missing'; readonly file: string }
  | { readonly state: 'unusable'; readonly file: string; readonly error: SshError }
  /** Only the public half: good for choosing among the agent's keys. */
  | { readonly state: 'public'; readonly file: string; readonly publicKey: ParsedKey }
  | { readonly state: 'ready'; readonly file: string; readonly key: ParsedKey }
  | {
      readonly state: 'locked';
      readonly file: string;
      /** Known when the file or its `.pub` shows it: the passphrase is then asked only if the server takes the key. */
      readonly publicKey: ParsedKey | undefined;
      /** The key; undefined when the passphrase is wrong; an error when no passphrase would help. */
      readonly unlock: (passphrase: string) => ParsedKey | SshError | undefined;
    };

/** Reads a private key file: OpenSSH, PEM and PKCS#8 formats, whatever stands around the key. */
export async function readKeyFile(ssh2: Ssh2, file: string): Promise<KeyFile> {
  let data: Buffer;
  try {
    data = await readWhole(file, keyFileBytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const refused = error instanceof UserError ? error.message.replace(/\.$/, '') : undefined;
    if (code === undefined && refused === undefined) throw error;
    const beside = await readPublic(ssh2, `${file}.pub`);
    if (beside) return { state: 'public', file, publicKey: beside };
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'missing', file };
    return unusable(file, refused ?? `it cannot be read (${String(code)})`);
  }
  const key = keyFileOf(ssh2, file, data);
  if (key.state !== 'locked' || key.publicKey) return key;
  const beside = await readPublic(ssh2, `${file}.pub`);
  return beside ? { ...key, publicKey: beside } : key;
}

/** The key in the content of a file. */
export function keyFileOf(ssh2: Ssh2, file: string, data: Buffer): KeyFile {
  const text = keyText(data);
  if (text.startsWith('PuTTY-User-Key-File')) return readPutty(ssh2, file, data, text);
  const block = privateKeyBlock(text);
  if (!block) {
    const parsed = parse(ssh2, text.trim());
    if (!(parsed instanceof Error)) return readyOrPublic(file, parsed);
    return unusable(file, `it is not a private key of a known format (${parsed.message})`);
  }
  return block.label === 'OPENSSH PRIVATE KEY'
    ? readOpenSsh(ssh2, file, block)
    : readPemFile(ssh2, file, block);
}

function readOpenSsh(ssh2: Ssh2, file: string, { text, isCut }: KeyBlock): KeyFile {
  if (isCut) return unusable(file, 'it is cut: its last line is missing');
  // ssh2 takes this one for a wrong passphrase.
  if (usesChaCha(text))
    return unusable(
      file,
      'it is encrypted with a cipher that is not supported here; encrypt it anew with "ssh-keygen -p -Z aes256-ctr -f KEY"',
    );
  const parsed = parse(ssh2, text.trim());
  if (!(parsed instanceof Error)) return readyOrPublic(file, parsed);
  if (!/no passphrase given/i.test(parsed.message))
    return unusable(file, `it is not a private key of a known format (${parsed.message})`);
  const publicKey = publicPart(ssh2, text);
  const unlock = (passphrase: string): ParsedKey | SshError | undefined => {
    const key = parse(ssh2, text.trim(), passphrase);
    if (!(key instanceof Error)) return asUsable(file, key);
    // Anything else than a check that fails is a file that no passphrase opens.
    return /malformed|unsupported (?:openssh|cipher|kdf)/i.test(key.message)
      ? unusable(file, 'it is damaged').error
      : undefined;
  };
  return { state: 'locked', file, publicKey, unlock };
}

function readPemFile(ssh2: Ssh2, file: string, block: KeyBlock): KeyFile {
  const pem = readPem(block);
  if (pem.state === 'unusable') return unusable(file, pem.why);
  if (pem.state === 'ready') {
    const key = parse(ssh2, pem.text);
    return key instanceof Error ? unusable(file, key.message) : readyOrPublic(file, key);
  }
  const unlock = (passphrase: string): ParsedKey | SshError | undefined => {
    const opened = pem.unlock(passphrase);
    if (opened.state === 'wrong') return undefined;
    if (opened.state === 'unusable') return unusable(file, opened.why).error;
    const key = parse(ssh2, opened.text);
    return key instanceof Error ? unusable(file, key.message).error : key;
  };
  return { state: 'locked', file, publicKey: undefined, unlock };
}

function readPutty(ssh2: Ssh2, file: string, data: Buffer, text: string): KeyFile {
  if (text.startsWith('PuTTY-User-Key-File-3'))
    return unusable(
      file,
      'it is a PuTTY key of version 3; convert it with "puttygen KEY -O private-openssh"',
    );
  const parsed = parse(ssh2, data);
  if (!(parsed instanceof Error)) return readyOrPublic(file, parsed);
  if (!/no passphrase given/i.test(parsed.message))
    return unusable(
      file,
      'this PuTTY key is not supported; convert it with "puttygen KEY -O private-openssh"',
    );
  const unlock = (passphrase: string): ParsedKey | undefined => {
    const key = parse(ssh2, data, passphrase);
    return key instanceof Error ? undefined : key;
  };
  return { state: 'locked', file, publicKey: undefined, unlock };
}

function readyOrPublic(file: string, key: ParsedKey): KeyFile {
  const usable = asUsable(file, key);
  if (usable instanceof SshError) return { state: 'unusable', file, error: usable };
  return key.isPrivateKey() ? { state: 'ready', file, key } : { state: 'public', file, publicKey: key };
}

function asUsable(file: string, key: ParsedKey): ParsedKey | SshError {
  if (key.type !== 'ssh-dss') return key;
  const why =
    'DSA keys are refused by OpenSSH since version 7; make another key with "ssh-keygen -t ed25519"';
  return unusable(file, why).error;
}

function unusable(file: string, why: string): KeyFile & { readonly state: 'unusable' } {
  return { state: 'unusable', file, error: new SshError('key', `The key ${file} cannot be used: ${why}.`) };
}

function parse(ssh2: Ssh2, data: Buffer | string, passphrase?: string): ParsedKey | Error {
  try {
    // The passphrase only where it is asked for: an unencrypted PPK fails with one.
    const parsed: unknown =
      passphrase === undefined ? ssh2.utils.parseKey(data) : ssh2.utils.parseKey(data, passphrase);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    // A file that promises no key, or a broken one, gives an empty list.
    if (first === undefined) return new Error('it holds no key');
    return first instanceof Error ? first : (first as ParsedKey);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function readPublic(ssh2: Ssh2, file: string): Promise<ParsedKey | undefined> {
  try {
    const parsed = parse(ssh2, await readWhole(file, keyFileBytes));
    return parsed instanceof Error || parsed.isPrivateKey() ? undefined : parsed;
  } catch {
    return undefined;
  }
}

/** The unencrypted public key at the head of an OpenSSH private key: magic, cipher, kdf, options, count, key. */
function publicPart(ssh2: Ssh2, text: string): ParsedKey | undefined {
  const blob = openSshBody(text);
  if (!blob) return undefined;
  try {
    let at = 15;
    const field = (): Buffer => {
      const length = blob.readUInt32BE(at);
      at += 4 + length;
      return blob.subarray(at - length, at);
    };
    field();
    field();
    field();
    at += 4;
    const key = field();
    const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0));
    const parsed = parse(ssh2, `${type} ${key.toString('base64')}`);
    return parsed instanceof Error ? undefined : parsed;
  } catch {
    return undefined;
  }
}

function openSshBody(text: string): Buffer | undefined {
  const match = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text);
  const blob = match?.[1] === undefined ? undefined : Buffer.from(match[1], 'base64');
  return blob?.toString('latin1', 0, 15) === 'openssh-key-v1\0' ? blob : undefined;
}

function usesChaCha(text: string): boolean {
  return openSshBody(text)?.toString('latin1', 15, 60).includes('chacha20') ?? false;
}
