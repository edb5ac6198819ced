import { createECDH, createHash } from 'node:crypto';

/** A field with its length before it. */
export function field(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Bytes that depend on the name only; the first is positive and not zero. */
function bytesOf(name: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let n = 0; parts.length * 32 < length; n += 1)
    parts.push(createHash('sha256').update(`${name} ${n}`).digest());
  const bytes = Buffer.concat(parts).subarray(0, length);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** Public keys as OpenSSH encodes them, well formed and of nobody. */
export const ed25519Blob = (name: string): Buffer =>
  Buffer.concat([field('ssh-ed25519'), field(bytesOf(name, 32))]);

export const rsaBlob = (name: string, bytes = 256): Buffer =>
  Buffer.concat([field('ssh-rsa'), field(Buffer.from([1, 0, 1])), field(bytesOf(name, bytes))]);

export const dssBlob = (name: string): Buffer =>
  Buffer.concat([
    field('ssh-dss'),
    ...[128, 20, 128, 128].map((length) => field(bytesOf(`${name} ${length}`, length))),
  ]);

export function ecdsaBlob(name: string, curve: 'nistp256' | 'nistp384' = 'nistp256'): Buffer {
  const ecdh = createECDH(curve === 'nistp256' ? 'prime256v1' : 'secp384r1');
  ecdh.setPrivateKey(bytesOf(name, 32));
  return Buffer.concat([field(`ecdsa-sha2-${curve}`), field(curve), field(ecdh.getPublicKey())]);
}
