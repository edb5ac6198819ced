import { peerText } from '../model/plainText';
import { SshError, type Target } from './transport';

/** Errors after which the same attempt may well succeed later: the network or the machine was away. */
export function isPassing(error: unknown): error is SshError {
  return (
    error instanceof SshError &&
    (error.kind === 'lost' ||
      error.kind === 'refused' ||
      error.kind === 'unreachable' ||
      error.kind === 'timeout')
  );
}

/** The connection ended while the server looked at a password: whether that was right is not known. */
export class CutWhileSigningIn extends SshError {
  constructor(target: Target, options?: ErrorOptions) {
    super(
      'lost',
      `${target.name}: the connection to ${target.address} port ${target.port} ended while the server looked at what was given to sign in. ` +
        'If that goes on, its log says why.',
      options,
    );
  }
}

/** What an AbortSignal's reason means to the caller of this room. */
export function cancelled(what: string): SshError {
  return new SshError('cancelled', `${what} was cancelled.`);
}

/** An error of the TCP connection, as a sentence. */
export function dialError(target: Target, error: Error): SshError {
  const place = `${target.address} port ${target.port}`;
  const code = errorCode(error);
  const options = { cause: error };
  switch (code) {
    case 'ECONNREFUSED':
      return new SshError(
        'refused',
        `${target.name}: nothing is listening on port ${target.port} of ${target.address}. Check that the guest runs, that its SSH server is started, and the port.`,
        options,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return new SshError(
        'unreachable',
        `${target.name}: the name ${target.address} was not found${code === 'EAI_AGAIN' ? ' (the name server does not answer)' : ''}. Check its spelling, or use an address.`,
        options,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return new SshError(
        'unreachable',
        `${target.name}: there is no way to ${place} (${code}). Check the network or the VPN, and whether a jump host is needed.`,
        options,
      );
    case 'ETIMEDOUT':
      return new SshError(
        'timeout',
        `${target.name}: no answer from ${place}. Check that the guest runs and that no firewall drops the connection.`,
        options,
      );
    case 'ECONNRESET':
    case 'EPIPE':
      return droppedBeforeHandshake(target, options);
    default:
      return new SshError(
        'unreachable',
        `${target.name}: ${place} cannot be reached (${peerText(error.message) || code}). Check the address and the network.`,
        options,
      );
  }
}

/** The machine ended the connection with a text of its own: ssh2 gives the error the reason's number. */
export function isDisconnect(error: Error): error is Error & { readonly code: number } {
  return 'code' in error && typeof error.code === 'number' && !('level' in error);
}

/** Why a connection ended, in one safe line; the machine's own words are quoted. */
export function reasonOfEnd(error: Error): string {
  const said = peerText(error.message);
  return isDisconnect(error) ? `it said "${said}"` : said;
}

/**
 * An error of the SSH handshake or of authentication that is not the business of Authentication or HostKeys.
 * `isVerified`: the machine's host key was found right, so what it says comes from it.
 */
export function handshakeError(target: Target, errors: readonly Error[], isVerified = true): SshError {
  const place = `${target.address} port ${target.port}`;
  // The first tells the cause; those after it are about the closing socket.
  const [error] = errors;
  if (!error)
    return new SshError(
      'lost',
      `${target.name}: the server at ${place} closed the connection while signing in. Its log says why.`,
    );
  const options = { cause: error };
  // What anybody can say before its key is verified decides nothing.
  if (isVerified && /too many authentication failures/i.test(error.message))
    return new SshError(
      'authentication',
      `${target.name}: the server at ${place} ended the attempt after too many keys or passwords. ` +
        'Name the right key for this guest (identityFile, or IdentityFile with IdentitiesOnly in the SSH configuration), so that not every key of the agent is shown.',
      options,
    );
  if (isDisconnect(error)) return disconnected(target, error, isVerified);
  const missing = /no matching (.+)$/.exec(error.message)?.[1];
  if (missing !== undefined)
    return new SshError(
      'algorithms',
      `${target.name}: the server at ${place} and Guestbench have no ${missing} in common. ` +
        'Allow a customary one in its sshd_config (curve25519-sha256, ssh-ed25519, aes128-gcm@openssh.com), or restart it with its defaults.',
      options,
    );
  if (/lost before handshake/i.test(error.message)) return droppedBeforeHandshake(target, options);
  if (/invalid identification|protocol version|bad packet length|exceeded|header/i.test(error.message))
    return new SshError(
      'protocol',
      `${target.name}: what listens at ${place} does not speak SSH (${peerText(error.message)}). Check the port.`,
      options,
    );
  if ('level' in error && error.level === 'client-socket') return dialError(target, error);
  return new SshError(
    'protocol',
    `${target.name}: the connection to ${place} failed: ${peerText(error.message)}. Its log may say why.`,
    options,
  );
}

function disconnected(
  target: Target,
  error: Error & { readonly code: number },
  isVerified: boolean,
): SshError {
  const place = `${target.address} port ${target.port}`;
  const options = { cause: error };
  const said = peerText(error.message, 200);
  return new SshError(
    'protocol',
    isVerified
      ? `${target.name}: the server at ${place} ended the connection (reason ${error.code}) and said: "${said}". Its log may say more.`
      : `${target.name}: what listens at ${place} ended the connection (reason ${error.code}) before its host key was verified. Its words are unverified: "${said}".`,
    options,
  );
}

export function timedOut(target: Target, ms: number): SshError {
  return new SshError(
    'timeout',
    `${target.name}: ${target.address} port ${target.port} did not answer within ${Math.ceil(ms / 1000)} s. Check that the guest runs and that no firewall drops the connection.`,
  );
}

function droppedBeforeHandshake(target: Target, options: ErrorOptions): SshError {
  return new SshError(
    'lost',
    `${target.name}: the server at ${target.address} port ${target.port} dropped the connection before the handshake. ` +
      'It may have too many connections waiting (MaxStartups), or block this computer for a while after wrong passwords (PerSourcePenalties). Wait half a minute, then try again.',
    options,
  );
}

function errorCode(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses were tried: the last one speaks for all.
  if (error instanceof AggregateError) {
    const last: unknown = error.errors.at(-1);
    if (last instanceof Error) return errorCode(last);
  }
  return '';
}
