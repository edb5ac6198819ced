import { execFile } from 'node:child_process';
import * as path from 'node:path';
import SSHConfig from 'ssh-config';
import type { Environment, Own } from './sshConfig';
import { configLines, type ConfigLine } from './sshConfigFile';
import { hasRules, unquoted, type RuleSource, type Values } from './sshRules';

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
  /** What its options about host keys and signing in are read from. */
  readonly rules: RuleSource;
}

const timeoutMs = 5_000;

/** Asks `ssh -G`, which is exact; without a client, or when it refuses the config, reads the config ourselves. */
export async function askConfig(alias: string, own: Own, here: Environment): Promise<Settings> {
  const [printed, lines] = await Promise.all([askClient(alias, own, here), allLines(here)]);
  here.signal?.throwIfAborted();
  if (printed === undefined) return readConfig(alias, own, lines);
  return settingsOf({ values: parsePrinted(printed), from: 'client', lines });
}

/**
 * The options about host keys and signing in for a machine that is named by its address; undefined when the config has
 * none of this kind for any host, which saves asking the client.
 */
export async function askRules(
  address: string,
  own: Own,
  here: Environment,
): Promise<RuleSource | undefined> {
  if (!hasRules(await allLines(here))) return undefined;
  return (await askConfig(address, own, here)).rules;
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

function settingsOf(rules: RuleSource): Settings {
  const { values } = rules;
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
    rules,
  };
}

/** The lines of all config files with their Includes; what a file opened ends with it. */
async function allLines(here: Environment): Promise<readonly ConfigLine[]> {
  const system =
    here.platform === 'win32'
      ? path.join(here.variables['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_config')
      : '/etc/ssh/ssh_config';
  const files =
    here.configFile === undefined ? [path.join(here.home, '.ssh', 'config'), system] : [here.configFile];
  const lines: ConfigLine[] = [];
  for (const file of files) {
    if (lines.length > 0) lines.push({ keyword: 'host', values: ['*'], text: 'Host *' });
    lines.push(...(await configLines(file, here.home)));
  }
  return lines;
}

/** Without a client: right but for `Match exec`, which is never run, and macOS' own options. */
function readConfig(alias: string, own: Own, lines: readonly ConfigLine[]): Settings {
  let computed: Record<string, string | string[]>;
  try {
    computed = SSHConfig.parse(lines.map((line) => line.text).join('\n')).compute(
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
  const settings = settingsOf({ values, from: 'config', lines });
  const hostName = settings.hostName?.replace(/%([%h])/g, (_, token: string) =>
    token === 'h' ? alias : '%',
  );
  return { ...settings, hostName };
}
