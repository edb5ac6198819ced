import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { keyFileBytes } from '../files/limits';
import { readWhole } from '../files/reading';
import { UserError } from '../model/userError';
import type * as ssh2Module from 'ssh2';
import type { ParsedKey } from 'ssh2';
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
      /** The key, or undefined when the passphrase is wrong. */
      readonly unlock: (passphrase: string) => ParsedKey | undefined;
    };

/** Reads a private key file: OpenSSH, PEM and PKCS#8 formats. Never throws. */
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
  const text = data.toString('latin1');
  if (text.startsWith('PuTTY-User-Key-File-3'))
    return unusable(
      file,
      'it is a PuTTY key of version 3; convert it with "puttygen KEY -O private-openssh"',
    );
  if (/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) return readPkcs8(ssh2, file, data);

  // ssh2 takes this one for a wrong passphrase.
  if (usesChaCha(text))
    return unusable(
      file,
      'it is encrypted with a cipher that is not supported here; encrypt it anew with "ssh-keygen -p -Z aes256-ctr -f KEY"',
    );

  const parsed = parse(ssh2, data);
  if (!(parsed instanceof Error)) {
    return parsed.isPrivateKey()
      ? { state: 'ready', file, key: parsed }
      : { state: 'public', file, publicKey: parsed };
  }
  if (/no passphrase given/i.test(parsed.message)) {
    const publicKey = publicPart(ssh2, text);
    const unlock = (passphrase: string): ParsedKey | undefined => {
      const key = parse(ssh2, data, passphrase);
      return key instanceof Error ? undefined : key;
    };
    return { state: 'locked', file, publicKey, unlock };
  }
  if (text.startsWith('PuTTY-User-Key-File'))
    return unusable(
      file,
      'this PuTTY key is not supported; convert it with "puttygen KEY -O private-openssh"',
    );
  return unusable(file, `it is not a private key of a known format (${parsed.message})`);
}

function unusable(file: string, why: string): KeyFile {
  return { state: 'unusable', file, error: new SshError('key', `The key ${file} cannot be used: ${why}.`) };
}

function parse(ssh2: Ssh2, data: Buffer | string, passphrase?: string): ParsedKey | Error {
  try {
    // The passphrase only where it is asked for: an unencrypted PPK fails with one.
    const parsed: unknown =
      passphrase === undefined ? ssh2.utils.parseKey(data) : ssh2.utils.parseKey(data, passphrase);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
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

/** PKCS#8 is not known to ssh2: Node reads it, and hands it over in a format that is. */
function readPkcs8(ssh2: Ssh2, file: string, data: Buffer): KeyFile {
  const convert = (passphrase?: string): ParsedKey | Error => {
    try {
      const key = createPrivateKey(
        passphrase === undefined ? { key: data } : { key: data, passphrase: Buffer.from(passphrase) },
      );
      const text = exportKey(key);
      return text === undefined
        ? new Error(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not used with SSH`)
        : parse(ssh2, text);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  if (data.includes('BEGIN ENCRYPTED PRIVATE KEY')) {
    const unlock = (passphrase: string): ParsedKey | undefined => {
      const key = convert(passphrase);
      return key instanceof Error ? undefined : key;
    };
    return { state: 'locked', file, publicKey: undefined, unlock };
  }
  const key = convert();
  return key instanceof Error ? unusable(file, key.message) : { state: 'ready', file, key };
}

function exportKey(key: KeyObject): string | undefined {
  const type = key.asymmetricKeyType;
  if (type === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString();
  if (type === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString();
  return type === 'ed25519' ? openSshEd25519(key) : undefined;
}

/** An Ed25519 key in OpenSSH's own format (PROTOCOL.key), unencrypted. */
function openSshEd25519(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(jwk.x ?? '', 'base64url');
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const string = (value: string | Buffer): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([number(bytes.length), bytes]);
  };
  const publicBlob = Buffer.concat([string('ssh-ed25519'), string(publicKey)]);
  const check = randomBytes(4);
  const inner = Buffer.concat([
    check,
    check,
    publicBlob,
    string(Buffer.concat([secret, publicKey])),
    string(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    number(1),
    string(publicBlob),
    string(Buffer.concat([inner, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}
