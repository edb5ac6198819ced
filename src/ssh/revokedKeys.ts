import { createHash } from 'node:crypto';
import { fieldsOf, readPublicKey } from './publicKeys';

/** The file of RevokedHostKeys cannot be trusted to name all revoked keys; the message says why. */
export class UnreadableRevocations extends Error {
  override readonly name = 'UnreadableRevocations';
}

const magic = Buffer.from('SSHKRL\n\0', 'latin1');

/**
 * Whether a file of RevokedHostKeys names the key: a list of public keys, one a line, or a binary key revocation list
 * (OpenSSH's PROTOCOL.krl, format 1).
 * @throws UnreadableRevocations when any part of the file cannot be read, as OpenSSH refuses every key then.
 */
export function isRevoked(file: Buffer, key: Buffer): boolean {
  if (file.subarray(0, magic.length).equals(magic)) return isInRevocationList(file, key);
  return isInKeyList(file.toString('latin1'), key);
}

function isInKeyList(text: string, key: Buffer): boolean {
  let found = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/^[ \t]+/, '');
    if (line === '' || line === '\r' || line.startsWith('#')) continue;
    const [type = '', base64 = ''] = line.split(/[ \t]+/);
    const listed = readPublicKey(type, base64);
    if (!listed) throw new UnreadableRevocations(`line ${index + 1} is not a public key`);
    found ||= listed.blob.equals(key);
  }
  return found;
}

/** Types of sections. Certificates never match a plain key; signatures only vouch for the list. */
const section = { certificates: 1, keys: 2, sha1: 3, signature: 4, sha256: 5, extension: 255 } as const;

function isInRevocationList(file: Buffer, key: Buffer): boolean {
  const reader = new Reader(file, magic.length);
  if (reader.number() !== 1) throw new UnreadableRevocations('its format is of another version');
  // Version, date and flags of the list; then a reserved field and a comment.
  reader.skip(24);
  reader.field();
  reader.field();
  let found = false;
  while (!reader.isAtEnd) {
    const type = reader.byte();
    const content = reader.field();
    if (type === section.keys) found ||= listOf(content).some((blob) => blob.equals(key));
    else if (type === section.sha1) found ||= holdsHash(content, key, 'sha1', 20);
    else if (type === section.sha256) found ||= holdsHash(content, key, 'sha256', 32);
    else if (type === section.extension) checkExtension(content);
    else if (type !== section.certificates && type !== section.signature)
      throw new UnreadableRevocations(`it has a section of the unknown type ${type}`);
  }
  return found;
}

function listOf(content: Buffer): readonly Buffer[] {
  const fields = fieldsOf(content);
  if (!fields) throw new UnreadableRevocations('it is cut');
  return fields;
}

function holdsHash(content: Buffer, key: Buffer, algorithm: 'sha1' | 'sha256', length: number): boolean {
  const hashes = listOf(content);
  if (hashes.some((hash) => hash.length !== length))
    throw new UnreadableRevocations('a fingerprint in it has a wrong length');
  const own = createHash(algorithm).update(key).digest();
  return hashes.some((hash) => hash.equals(own));
}

/** An unknown extension may be left out unless it is marked as critical. */
function checkExtension(content: Buffer): void {
  const reader = new Reader(content, 0);
  const name = reader.field();
  if (reader.byte() !== 0)
    throw new UnreadableRevocations(`it needs the extension "${name.toString('latin1').slice(0, 40)}"`);
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  skip(count: number): void {
    if (this.at + count > this.bytes.length) throw new UnreadableRevocations('it is cut');
    this.at += count;
  }

  byte(): number {
    this.skip(1);
    return this.bytes.readUInt8(this.at - 1);
  }

  number(): number {
    this.skip(4);
    return this.bytes.readUInt32BE(this.at - 4);
  }

  field(): Buffer {
    const length = this.number();
    this.skip(length);
    return this.bytes.subarray(this.at - length, this.at);
  }
}
