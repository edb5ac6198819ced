import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';

/** A private key in PEM, as OpenSSL and Node read it, made into a text that ssh2 reads. */
export type PemKey =
  | { readonly state: 'ready'; readonly text: string }
  | { readonly state: 'locked'; readonly unlock: (passphrase: string) => Unlocked }
  | { readonly state: 'unusable'; readonly why: string };

/** `wrong`: the passphrase; `unusable`: it may be right, and there is no usable key behind it. */
export type Unlocked =
  | { readonly state: 'ready'; readonly text: string }
  | { readonly state: 'wrong' }
  | { readonly state: 'unusable'; readonly why: string };

/** The block of a private key in a file: OpenSSH's own format, or PEM. */
export interface KeyBlock {
  /** 'OPENSSH PRIVATE KEY', 'RSA PRIVATE KEY', 'PRIVATE KEY', … */
  readonly label: string;
  /** The block alone, with line feeds; without its last line when the file is cut. */
  readonly text: string;
  readonly isCut: boolean;
}

const damaged = 'it is damaged: what it holds is not a private key';

/** The text of a key file without byte order mark, whatever its encoding. */
export function keyText(data: Buffer): string {
  if (data[0] === 0xff && data[1] === 0xfe) return data.toString('utf16le', 2);
  return data.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
}

/**
 * The first private key of a text. What stands around it is left out, as OpenSSL does: attributes of a bag,
 * certificates, parameters of a curve, carriage returns.
 */
export function privateKeyBlock(text: string): KeyBlock | undefined {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  const start = lines.findIndex((line) => beginning.test(line));
  const label = beginning.exec(lines[start] ?? '')?.[1];
  if (label === undefined) return undefined;
  const end = lines.indexOf(`-----END ${label}-----`, start);
  const block = lines.slice(start, end < 0 ? undefined : end + 1);
  return { label, text: `${block.join('\n')}\n`, isCut: end < 0 };
}

const beginning = /^-----BEGIN ((?:RSA |EC |DSA |ENCRYPTED |OPENSSH )?PRIVATE KEY)-----$/;

/** Reads a PEM block: PKCS#1, SEC1 and PKCS#8, plain or encrypted. */
export function readPem({ label, text, isCut }: KeyBlock): PemKey {
  if (isCut) return { state: 'unusable', why: 'it is cut: its last line is missing' };
  // Refused before a passphrase is asked for.
  if (label === 'DSA PRIVATE KEY') return { state: 'unusable', why: notDsa };
  if (label !== 'ENCRYPTED PRIVATE KEY' && !/^Proc-Type:\s*4,\s*ENCRYPTED$/m.test(text)) return open(text);
  const why = whyNeverUnlocked(text);
  return why === undefined ? { state: 'locked', unlock: unlocker(text) } : { state: 'unusable', why };
}

const notDsa =
  'DSA keys are refused by OpenSSH since version 7; make another key with "ssh-keygen -t ed25519"';

function open(text: string, passphrase?: string): Exclude<PemKey, { state: 'locked' }> {
  let key: KeyObject;
  try {
    key = createPrivateKey(
      passphrase === undefined ? { key: text } : { key: text, passphrase: Buffer.from(passphrase) },
    );
  } catch (error) {
    return { state: 'unusable', why: isUnsupportedCipher(error) ? cipherAdvice : damaged };
  }
  return toOpenSsh(key);
}

/** Tries passphrases that cannot be right: an encryption that works calls them wrong. */
function whyNeverUnlocked(text: string): string | undefined {
  let why: string | undefined;
  // By chance one of 256 wrong passphrases leads to something that looks decrypted.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      createPrivateKey({ key: text, passphrase: randomBytes(24).toString('hex') });
      return undefined;
    } catch (error) {
      if (isWrongPassphrase(error)) return undefined;
      why = isUnsupportedCipher(error) ? cipherAdvice : damaged;
    }
  }
  return why;
}

const cipherAdvice =
  'it is encrypted with a cipher that is not supported here; encrypt it anew with "ssh-keygen -p -f KEY"';

function unlocker(text: string): (passphrase: string) => Unlocked {
  let oddities = 0;
  return (passphrase) => {
    let key: KeyObject;
    try {
      key = createPrivateKey({ key: text, passphrase: Buffer.from(passphrase) });
    } catch (error) {
      // Decrypted, but no key: a wrong passphrase by chance (1 of 256), so only the second time it is the file.
      if (!isWrongPassphrase(error)) oddities += 1;
      return oddities < 2 ? { state: 'wrong' } : { state: 'unusable', why: damaged };
    }
    return toOpenSsh(key);
  };
}

const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  const { code, opensslErrorStack: stack } = error as { code?: unknown; opensslErrorStack?: unknown };
  return `${error.message} ${String(code)} ${String(stack)}`;
};
const isWrongPassphrase = (error: unknown): boolean => /bad[ _]?decrypt/i.test(wordsOf(error));
const isUnsupportedCipher = (error: unknown): boolean =>
  /digital envelope routines::unsupported|EVP_UNSUPPORTED|unsupported[ _](?:encryption|cipher|pbe)|unknown[ _](?:cipher|pbe|digest)/i.test(
    wordsOf(error),
  );

/** The key in a format of ssh2: PKCS#1, SEC1 with a named curve, or OpenSSH's own. */
function toOpenSsh(key: KeyObject): Exclude<PemKey, { state: 'locked' }> {
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'dsa') return { state: 'unusable', why: notDsa };
  if (type === 'rsa')
    return { state: 'ready', text: key.export({ type: 'pkcs1', format: 'pem' }).toString() };
  if (type === 'ed25519') return { state: 'ready', text: openSshEd25519(key) };
  if (type !== 'ec') return { state: 'unusable', why: `keys of type ${type} are not used with SSH` };
  const curve = key.asymmetricKeyDetails?.namedCurve ?? 'of its own';
  if (!['prime256v1', 'secp384r1', 'secp521r1'].includes(curve))
    return { state: 'unusable', why: `its curve ${curve} is not used with SSH` };
  // By way of a JSON web key: explicit parameters, compressed points and a missing public half are gone.
  const named = createPrivateKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
  return { state: 'ready', text: named.export({ type: 'sec1', format: 'pem' }).toString() };
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
