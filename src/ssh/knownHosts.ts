import { createHash, createHmac, randomBytes } from 'node:crypto';
import { keyTypeOf, readPublicKey, strictBase64 } from './publicKeys';

export { keyTypeOf };

/** One usable line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** The first field as written: patterns with commas, or a hashed name. */
  readonly hosts: string;
  /** `exact`: the field is one name, whatever characters it has; only Guestbench's own store is read so. */
  readonly names: 'patterns' | 'exact';
  /** The type inside the key. */
  readonly keyType: string;
  /** The key, base64. */
  readonly key: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'changed'; readonly known: readonly KnownHost[] }
  | { readonly verdict: 'revoked'; readonly entry: KnownHost };

/**
 * Parses the lines of a known_hosts file. As in OpenSSH, a line with an unknown marker, a malformed hash or a key that
 * cannot be read says nothing of its host and is skipped.
 */
export function parseKnownHosts(
  text: string,
  file: string,
  names: 'patterns' | 'exact' = 'patterns',
): KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const fields = raw.split(/[ \t]+/);
    if (fields[0] === '' || fields[0] === '\r') fields.shift();
    if (fields[0] === undefined || fields[0].startsWith('#')) return [];
    const marker = fields[0].startsWith('@') ? fields.shift()?.slice(1) : undefined;
    // An unknown marker may forbid what the line seems to allow, and only one is allowed.
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return [];
    const [hosts = '', typeName = '', base64 = ''] = fields;
    if (hosts === '' || hosts.startsWith('@') || (hosts.startsWith('|') && !hashOf(hosts))) return [];
    const key = readPublicKey(typeName, base64);
    if (!key) return [];
    const entry = { marker, hosts, names, keyType: key.type, key: key.blob.toString('base64') } as const;
    return [{ ...entry, file, line: index + 1 }];
  });
}

/** A machine whose key is looked up. */
export interface KeyOwner {
  readonly address: string;
  readonly port: number;
  /** Its name in known_hosts instead of address and port (HostKeyAlias). */
  readonly alias?: string | undefined;
  /** The address connected to, for revocations. */
  readonly ip?: string | undefined;
}

/** How a host is written in known_hosts: lower case, `[host]:port` unless the port is 22. */
export function hostToken(address: string, port: number): string {
  const host = address.toLowerCase();
  return port === 22 ? host : `[${host}]:${port}`;
}

/** The name a machine's key is looked up and stored under: its alias, which has no port, or address and port. */
export function ownerToken({ address, port, alias }: KeyOwner): string {
  return alias === undefined ? hostToken(address, port) : alias.toLowerCase();
}

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Whether `key` may be the key of the host. As OpenSSH: any listed key of the host is good; a revoked one never is; a
 * host known only by other keys, also of other types, has changed, because known types are asked for first; a host on
 * another port than 22 is also known by an entry without port, but only if that one is right.
 */
export function checkHostKey(entries: readonly KnownHost[], host: KeyOwner, key: Buffer): HostKeyVerdict {
  const exact = checkToken(entries, host, key);
  if (exact.verdict !== 'unknown' || host.port === 22 || host.alias !== undefined) return exact;
  const portless = checkToken(entries, { ...host, port: 22 }, key);
  return portless.verdict === 'changed' ? exact : portless;
}

function checkToken(entries: readonly KnownHost[], host: KeyOwner, key: Buffer): HostKeyVerdict {
  const encoded = key.toString('base64');
  const token = ownerToken(host);
  const ipToken = host.ip === undefined ? token : hostToken(host.ip, host.port);
  const matching = entries.filter((entry) => isAbout(entry, token));
  const revoked = entries.find(
    (entry) =>
      entry.marker === 'revoked' &&
      entry.key === encoded &&
      (isAbout(entry, token) || isAbout(entry, ipToken)),
  );
  if (revoked) return { verdict: 'revoked', entry: revoked };
  const known = matching.filter((entry) => entry.marker === undefined);
  if (known.some((entry) => entry.key === encoded)) return { verdict: 'known' };
  return known.length > 0 ? { verdict: 'changed', known } : { verdict: 'unknown' };
}

/** Signature algorithms to ask the server for, those of known keys first (else a second key looks like a change). */
export function orderHostKeyAlgorithms<T extends string>(
  entries: readonly KnownHost[],
  host: KeyOwner,
  algorithms: readonly T[],
): T[] {
  const types = (owner: KeyOwner): Set<string> =>
    new Set(
      entries
        .filter((entry) => entry.marker === undefined && isAbout(entry, ownerToken(owner)))
        .flatMap((entry) =>
          entry.keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [entry.keyType],
        ),
    );
  const own = types(host);
  const known = own.size > 0 ? own : types({ ...host, port: 22 });
  return [...algorithms.filter((name) => known.has(name)), ...algorithms.filter((name) => !known.has(name))];
}

/** Whether an entry speaks of the host with this token. */
export function isAbout(entry: KnownHost, token: string): boolean {
  if (entry.names === 'patterns' || entry.hosts.startsWith('|')) return hostMatches(entry.hosts, token);
  return entry.hosts.toLowerCase() === token;
}

/**
 * The first field of a line that speaks of `token` only. A name with characters that known_hosts gives a meaning to is
 * hashed, so that it neither is a pattern nor begins another line.
 */
export function exactField(token: string): string {
  if (/^[^\s\p{Cc}*?!,|@#"'\\]+$/u.test(token)) return token;
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${macOf(salt, token)}`;
}

/** Whether the first field of a line speaks of `token`: hashed, or patterns of which none may be a negated hit. */
export function hostMatches(field: string, token: string): boolean {
  if (field.startsWith('|')) return hashMatches(field, token);
  let hit = false;
  for (const pattern of field.split(',')) {
    const negated = pattern.startsWith('!');
    if (!globMatches(negated ? pattern.slice(1) : pattern, token)) continue;
    if (negated) return false;
    hit = true;
  }
  return hit;
}

function hashMatches(field: string, token: string): boolean {
  const hash = hashOf(field);
  return hash !== undefined && macOf(hash.salt, token) === hash.mac;
}

/** `|1|salt|mac` with a salt of 20 bytes; undefined for anything else. */
function hashOf(field: string): { readonly salt: Buffer; readonly mac: string } | undefined {
  const [, version, text = '', mac, rest] = field.split('|');
  const salt = strictBase64(text);
  if (version !== '1' || salt?.length !== 20 || mac === undefined || rest !== undefined) return undefined;
  return { salt, mac };
}

const macOf = (salt: Buffer, token: string): string =>
  createHmac('sha1', salt).update(token).digest('base64');

/** `*` and `?` only; everything else is literal, case aside. No regular expression: no pattern makes it slow. */
function globMatches(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (wanted[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === text[t])) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (wanted[p] === '*') p += 1;
  return p === wanted.length;
}
