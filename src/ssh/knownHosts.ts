import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One usable line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost {
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** The first field as written: patterns with commas, or a hashed name. */
  readonly hosts: string;
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

/** Lines that cannot be understood are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHost[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const fields = line.split(/[ \t]+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift()?.slice(1) : undefined;
    const [hosts, keyType, key] = fields;
    if (hosts === undefined || keyType === undefined || key === undefined) return [];
    // A marker unknown to us may forbid what the line seems to allow.
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return [];
    return [{ marker, hosts, keyType, key, file, line: index + 1 }];
  });
}

/** How a host is written in known_hosts: lower case, `[host]:port` unless the port is 22. */
export function hostToken(address: string, port: number): string {
  const host = address.toLowerCase();
  return port === 22 ? host : `[${host}]:${port}`;
}

/** The type name inside a public key blob ('ssh-ed25519', …); empty when it is malformed. */
export function keyTypeOf(blob: Buffer): string {
  if (blob.length < 4) return '';
  const length = blob.readUInt32BE(0);
  return length > blob.length - 4 ? '' : blob.toString('latin1', 4, 4 + length);
}

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Whether `key` may be the key of the host. As OpenSSH: any listed key of the host is good; a revoked one never
 * is; a host on another port than 22 is also known by an entry without port, but only if that one is right.
 * Stricter than OpenSSH in one thing: a host known only by keys of other types counts as changed, not as new,
 * because the known types were offered first and the server did not take them.
 */
export function checkHostKey(
  entries: readonly KnownHost[],
  host: { readonly address: string; readonly port: number; readonly ip?: string | undefined },
  key: Buffer,
): HostKeyVerdict {
  const exact = checkToken(entries, host, host.port, key);
  if (exact.verdict !== 'unknown' || host.port === 22) return exact;
  const portless = checkToken(entries, host, 22, key);
  return portless.verdict === 'changed' ? exact : portless;
}

function checkToken(
  entries: readonly KnownHost[],
  host: { readonly address: string; readonly ip?: string | undefined },
  port: number,
  key: Buffer,
): HostKeyVerdict {
  const encoded = key.toString('base64');
  const token = hostToken(host.address, port);
  const ipToken = host.ip === undefined ? token : hostToken(host.ip, port);
  const matching = entries.filter((entry) => hostMatches(entry.hosts, token));
  const revoked = entries.find(
    (entry) =>
      entry.marker === 'revoked' &&
      entry.key === encoded &&
      (hostMatches(entry.hosts, token) || hostMatches(entry.hosts, ipToken)),
  );
  if (revoked) return { verdict: 'revoked', entry: revoked };
  const known = matching.filter((entry) => entry.marker === undefined);
  if (known.some((entry) => entry.key === encoded)) return { verdict: 'known' };
  return known.length > 0 ? { verdict: 'changed', known } : { verdict: 'unknown' };
}

/** Signature algorithms to ask the server for, those of known keys first (else a second key looks like a change). */
export function orderHostKeyAlgorithms<T extends string>(
  entries: readonly KnownHost[],
  host: { readonly address: string; readonly port: number },
  algorithms: readonly T[],
): T[] {
  const types = (port: number): Set<string> =>
    new Set(
      entries
        .filter(
          (entry) => entry.marker === undefined && hostMatches(entry.hosts, hostToken(host.address, port)),
        )
        .flatMap((entry) =>
          entry.keyType === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [entry.keyType],
        ),
    );
  const own = types(host.port);
  const known = own.size > 0 ? own : types(22);
  return [...algorithms.filter((name) => known.has(name)), ...algorithms.filter((name) => !known.has(name))];
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
  const [, version, salt, mac] = field.split('|');
  if (version !== '1' || salt === undefined || mac === undefined) return false;
  const expected = Buffer.from(mac, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(token).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

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
