import { peerText } from '../model/plainText';
import type { Evidence, Facts } from '../model/guest';
import { SshError, type Connection } from '../ssh/transport';
import { factsFrom, parseEvidence, probeScript } from './evidence';

/** Generous: an emulated guest may need half a minute for what takes a real one a tenth of a second. */
const timeoutMs = 180_000;
/** Ten times what a large guest answers. */
const maxOutputBytes = 512 * 1024;

/**
 * Asks a guest what it is: one round trip, nothing is written there.
 * @throws SshError `no-shell` when the guest ran no POSIX shell; else what the connection throws.
 */
export async function probeGuest(
  connection: Connection,
  signal?: AbortSignal,
): Promise<{ readonly evidence: Evidence; readonly facts: Facts }> {
  const result = await connection.exec('exec /bin/sh -s', {
    stdin: probeScript,
    timeoutMs,
    maxOutputBytes,
    ...(signal ? { signal } : {}),
  });
  const evidence = parseEvidence(result.stdout.toString('utf8'));
  if (evidence.size === 0) throw new SshError('no-shell', noShell(connection, result));
  return { evidence, facts: factsFrom(evidence) };
}

function noShell(
  { target }: Connection,
  result: { readonly stdout: Buffer; readonly stderr: Buffer; readonly code: number | null },
): string {
  const said = firstLine(result.stderr) ?? firstLine(result.stdout);
  const how = result.code === null ? 'A signal ended it' : `It ended with code ${result.code}`;
  return (
    `${target.name}: ${target.user} can log in, but /bin/sh gave nothing back. ${how}` +
    (said === undefined ? '.' : ` and said: ${said}`) +
    ' Give this account a login shell that runs commands, or use another account.'
  );
}

function firstLine(output: Buffer): string | undefined {
  const line = output
    .toString('utf8')
    .split(/\r?\n/)
    .map((text) => peerText(text.trim(), 200))
    .find((text) => text !== '');
  return line;
}
