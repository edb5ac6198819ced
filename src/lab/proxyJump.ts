/** One machine on the way to another. */
export interface Hop {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/**
 * Reads one part of a ProxyJump: [user@]host[:port], the host in brackets for IPv6 with a port, or
 * ssh://[user@]host[:port]. undefined: it is none. Takes time in proportion to the text.
 */
export function hopOf(text: string): Hop | undefined {
  const plain = text
    .trim()
    .replace(/^ssh:\/\//, '')
    .replace(/\/$/, '');
  const at = plain.lastIndexOf('@');
  const user = at < 0 ? undefined : plain.slice(0, at);
  const place = placeOf(plain.slice(at + 1));
  if (user === '' || place === undefined) return undefined;
  return { ...place, ...(user === undefined ? {} : { user }) };
}

function placeOf(text: string): { readonly host: string; readonly port?: number } | undefined {
  const [, bracketed, bracketedPort] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return withPort(bracketed, bracketedPort);
  const colon = text.indexOf(':');
  // With more than one colon it is an IPv6 address, which has no port without brackets.
  if (colon < 0 || text.includes(':', colon + 1)) return text === '' ? undefined : { host: text };
  const [, host, port] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? undefined : withPort(host, port);
}

function withPort(host: string, port: string | undefined): { readonly host: string; readonly port?: number } {
  return port === undefined ? { host } : { host, port: Number(port) };
}
