import { createPublicKey } from 'node:crypto';

/** RSA keys that OpenSSH reads, in bits. */
const rsaBits = { least: 1024, most: 16_384 } as const;

/** Curve name within a key: its name in a JSON web key and the bytes of one coordinate. */
const curves: Readonly<Record<string, { readonly jwk: string; readonly bytes: number }>> = {
  nistp256: { jwk: 'P-256', bytes: 32 },
  nistp384: { jwk: 'P-384', bytes: 48 },
  nistp521: { jwk: 'P-521', bytes: 66 },
};

/** A public key as OpenSSH writes it in one field. */
export interface PublicKey {
  /** The type inside the key: 'ssh-rsa', 'ssh-ed25519', … */
  readonly type: string;
  readonly blob: Buffer;
}

/**
 * Reads a key from its type and its base64 text, as strictly as OpenSSH's sshkey_read: the base64, the lengths, the
 * type inside, the curve and the size must all be right. Undefined for everything else.
 */
export function readPublicKey(typeName: string, base64: string): PublicKey | undefined {
  const blob = strictBase64(base64.replace(/[\r\v\f]/g, ''));
  // The signature algorithms of RSA are accepted as names of its type.
  const expected = /^rsa-sha2-(?:256|512)$/.test(typeName) ? 'ssh-rsa' : typeName;
  if (!blob || keyTypeOf(blob) !== expected) return undefined;
  return isWellFormed(expected, blob) ? { type: expected, blob } : undefined;
}

/** Decodes base64 that is complete, padded and free of other characters; undefined otherwise. */
export function strictBase64(text: string): Buffer | undefined {
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The type name inside a public key blob ('ssh-ed25519', …); empty when it is malformed. */
export function keyTypeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length > blob.length - 4 ? '' : blob.toString('latin1', 4, 4 + length);
}

function isWellFormed(type: string, blob: Buffer): boolean {
  const [, ...fields] = fieldsOf(blob) ?? [];
  const [first, second, third] = fields;
  switch (type) {
    case 'ssh-ed25519':
      return fields.length === 1 && first?.length === 32;
    case 'sk-ssh-ed25519@openssh.com':
      return fields.length === 2 && first?.length === 32;
    case 'ssh-rsa':
      return fields.length === 2 && isNumber(first) && isNumber(second) && isRsaSize(bitsOf(second));
    case 'ssh-dss':
      return fields.length === 4 && fields.every(isNumber);
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return fields.length === 2 && type.endsWith(`-${latin(first)}`) && isPoint(latin(first), second);
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return fields.length === 3 && latin(first) === 'nistp256' && isPoint('nistp256', second) && !!third;
    default:
      return false;
  }
}

/** The length-prefixed fields of a blob; undefined when the last one is cut. */
export function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length;) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

const latin = (field: Buffer | undefined): string => field?.toString('latin1') ?? '';

/** A non-negative multiple precision integer of a size that OpenSSH reads. */
function isNumber(field: Buffer | undefined): field is Buffer {
  return field !== undefined && field.length <= 2049 && ((field[0] ?? 0) & 0x80) === 0;
}

function bitsOf(number: Buffer): number {
  const at = number.findIndex((byte) => byte !== 0);
  return at < 0 ? 0 : (number.length - at - 1) * 8 + (32 - Math.clz32(number[at] ?? 0));
}

const isRsaSize = (bits: number): boolean => bits >= rsaBits.least && bits <= rsaBits.most;

/** An uncompressed point that lies on the curve. */
function isPoint(curve: string, point: Buffer | undefined): boolean {
  const known = curves[curve];
  if (!known || point?.length !== 1 + 2 * known.bytes || point[0] !== 4) return false;
  const x = point.subarray(1, 1 + known.bytes).toString('base64url');
  const y = point.subarray(1 + known.bytes).toString('base64url');
  try {
    createPublicKey({ key: { kty: 'EC', crv: known.jwk, x, y }, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}
