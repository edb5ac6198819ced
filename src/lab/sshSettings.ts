import { execFile } from 'node:child_process';
import * as path from 'node:path';
import SSHConfig from 'ssh-config';
import type { Environment, Own } from './sshConfig';
import { configLines } from './sshConfigFile';

/** What an OpenSSH config says of an alias; tokens in key and agent paths are not expanded yet. */
export interface Settings {
  readonly hostName: string | undefined;
  readonly user: string | undefined;
  readonly port: number | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly identityAgent: string | undefined;
  /** undefined: none. */
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
}

const timeoutMs = 5_000;

/** Asks `ssh -G`, which is exact; without a client, or when it refuses the config, reads the config ourselves. */
export async function askConfig(alias: string, own: Own, here: Environment): Promise<Settings> {
  const printed = await askClient(alias, own, here);
  here.signal?.throwIfAborted();
  return printed === undefined ? readConfig(alias, own, here) : settingsOf(parsePrinted(printed));
}

/** undefined: no client, or it failed. */
async function askClient(alias: string, own: Own, here: Environment): Promise<string | undefined> {
  const { sshCommand, configFile, signal } = here;
  if (sshCommand === undefined) return undefined;
  const options = [
    '-G',
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(own.user === undefined ? [] : ['-l', own.user]),
    ...(own.port === undefined ? [] : ['-p', String(own.port)]),
  ];
  return new Promise((resolve) => {
    const child = execFile(
      sshCommand,
      [...options, '--', alias],
      {
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 1024 * 1024,
        windowsHide: true,
        env: { ...here.variables },
        ...(signal ? { signal } : {}),
      },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
    child.stdin?.end();
  });
}

type Values = ReadonlyMap<string, readonly string[]>;

/** `keyword value` lines; keywords in lower case, several of one in their order. */
function parsePrinted(text: string): Values {
  const values = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const space = line.indexOf(' ');
    if (space <= 0) continue;
    const keyword = line.slice(0, space).toLowerCase();
    values.set(keyword, [...(values.get(keyword) ?? []), line.slice(space + 1).trim()]);
  }
  return values;
}

function settingsOf(values: Values): Settings {
  const first = (keyword: string) => values.get(keyword)?.[0];
  const unlessNone = (keyword: string) => {
    const value = first(keyword);
    return value === undefined || value === '' || value.toLowerCase() === 'none' ? undefined : value;
  };
  const port = Number(first('port'));
  return {
    hostName: first('hostname'),
    user: first('user'),
    port: Number.isInteger(port) && port > 0 && port < 65536 ? port : undefined,
    identityFiles: (values.get('identityfile') ?? []).map(unquoted),
    identitiesOnly: first('identitiesonly')?.toLowerCase() === 'yes',
    identityAgent: first('identityagent') === undefined ? undefined : unquoted(first('identityagent') ?? ''),
    proxyJump: unlessNone('proxyjump'),
    proxyCommand: unlessNone('proxycommand'),
  };
}

const unquoted = (text: string) => text.replace(/^"(.*)"$/, '$1');

/** Without a client: right but for `Match exec`, which is never run, and Windows' and macOS' own options. */
async function readConfig(alias: string, own: Own, here: Environment): Promise<Settings> {
  const files =
    here.configFile === undefined
      ? [
          path.join(here.home, '.ssh', 'config'),
          ...(here.platform === 'win32' ? [] : ['/etc/ssh/ssh_config']),
        ]
      : [here.configFile];
  const lines: string[] = [];
  for (const file of files) {
    if (lines.length > 0) lines.push('Host *');
    lines.push(...(await configLines(file, here.home)).map((line) => line.text));
  }
  let computed: Record<string, string | string[]>;
  try {
    computed = SSHConfig.parse(lines.join('\n')).compute(
      { Host: alias, ...(own.user === undefined ? {} : { User: own.user }) },
      { ignoreCase: true, matchExec: false },
    );
  } catch {
    computed = {};
  }
  const values = new Map<string, readonly string[]>();
  for (const [keyword, value] of Object.entries(computed)) {
    // With `Match final` the package gives each of several values twice.
    values.set(keyword.toLowerCase(), [...new Set(typeof value === 'string' ? [value] : value)]);
  }
  const settings = settingsOf(values);
  const hostName = settings.hostName?.replace(/%([%h])/g, (_, token: string) =>
    token === 'h' ? alias : '%',
  );
  return { ...settings, hostName };
}
