import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import * as path from 'node:path';
import type { Guest } from '../model/lab';
import { peerText } from '../model/plainText';
import { UserError } from '../model/userError';
import type { Target } from '../ssh/transport';
import { hopOf } from './proxyJump';
import { expandHome } from './sshConfigFile';
import { rulesOf, type RuleSource, type Rules } from './sshRules';
import { askConfig, askRules, type Settings } from './sshSettings';

export { listAliases } from './sshConfigFile';

/** The machine that connections start from. Everything has a default: this machine, its user, its OpenSSH. */
export interface SshEnvironment {
  /** Where relative key paths of the lab file start. */
  readonly labFolder?: string;
  readonly home?: string;
  readonly user?: string;
  readonly platform?: NodeJS.Platform;
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** The OpenSSH client that `-G` is asked of; `undefined` as a value: none, the config is read by ourselves. */
  readonly sshCommand?: string | undefined;
  /** Instead of ~/.ssh/config (then the system's own is left out too). */
  readonly configFile?: string;
  readonly signal?: AbortSignal;
}

export interface Environment extends Required<Omit<SshEnvironment, 'sshCommand' | 'configFile' | 'signal'>> {
  readonly sshCommand: string | undefined;
  readonly configFile: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** In the order in which they are offered. */
const defaultKeys = ['id_ed25519', 'id_ecdsa', 'id_rsa'];
/** What ssh offers besides, and ssh2 cannot use. */
const otherDefaultKeys = ['id_ecdsa_sk', 'id_ed25519_sk', 'id_xmss', 'id_dsa'];
const windowsAgent = String.raw`\\.\pipe\openssh-ssh-agent`;
const maxJumps = 8;
/** In one ProxyJump. */
const mostHops = 32;

/**
 * Where a guest is reached, as whom, with which keys and through which machines. With `sshHost` the person's OpenSSH
 * config says so; what stands in the lab file itself goes before it. The config's options about host keys and methods
 * of signing in hold for every guest, as they do for `ssh ADDRESS`.
 * @throws UserError when a name is unsafe, the way jumps in a circle, or needs a ProxyCommand.
 */
export async function resolveTarget(guest: Guest, environment: SshEnvironment = {}): Promise<Target> {
  const here = withDefaults(environment);
  const own = {
    ...(guest.address === undefined ? {} : { address: guest.address }),
    ...(guest.port === undefined ? {} : { port: guest.port }),
    ...(guest.user === undefined ? {} : { user: guest.user }),
  };
  const identityFiles =
    guest.identityFile === undefined
      ? undefined
      : [path.resolve(here.labFolder, expandHome(guest.identityFile, here.home))];
  if (guest.sshHost === undefined) {
    const address = guest.address ?? guest.name;
    requireSafeHost(address, 'an address');
    requireSafeUser(guest.user);
    const { port = 22, user = here.user } = guest;
    const rules = await askRules(address, own, here);
    return {
      name: guest.name,
      address,
      port,
      user,
      identityFiles: identityFiles ?? defaultIdentityFiles(here.home),
      // A key that was named is meant: the agent's others could use up the server's patience before it.
      identitiesOnly: identityFiles !== undefined || onlyIdentities(rules),
      agent: defaultAgent(here),
      jumps: [],
      ...(rules ? rulesFor(rules, { alias: address, address, port, user, jump: '' }, here) : {}),
    };
  }
  const resolved = await resolveAlias(guest.sshHost, guest.name, own, here, []);
  return identityFiles === undefined ? resolved : { ...resolved, identityFiles, identitiesOnly: true };
}

const onlyIdentities = (rules: RuleSource | undefined): boolean =>
  rules?.values.get('identitiesonly')?.[0]?.toLowerCase() === 'yes';

export interface Own {
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
}

async function resolveAlias(
  alias: string,
  name: string,
  own: Own,
  here: Environment,
  visited: readonly string[],
): Promise<Target> {
  requireSafeHost(alias, 'an alias of the OpenSSH config');
  requireSafeUser(own.user);
  const settings = await askConfig(alias, own, here);
  if (settings.proxyCommand !== undefined && settings.proxyJump === undefined) {
    throw new UserError(
      `The OpenSSH config of "${alias}" sets a ProxyCommand (${settings.proxyCommand.slice(0, 80)}), which Guestbench ` +
        'does not run. Use ProxyJump there, or give the guest an "address".',
    );
  }
  const bare = target(alias, name, own, settings, here);
  return { ...bare, jumps: await resolveJumps(alias, settings, here, [...visited, alias]) };
}

function target(alias: string, name: string, own: Own, settings: Settings, here: Environment): Target {
  const address = own.address ?? settings.hostName ?? alias;
  const port = own.port ?? settings.port ?? 22;
  const user = own.user ?? settings.user ?? here.user;
  const values = { alias, address, port, user, jump: settings.proxyJump ?? '' };
  const expandAll = expander(settings.rules, values, here);
  return {
    name,
    address,
    port,
    user,
    identityFiles: identityFiles(settings.identityFiles.map(expandAll), here.home),
    identitiesOnly: settings.identitiesOnly,
    agent: agentOf(settings.identityAgent, here, expandAll),
    jumps: [],
    ...rulesFor(settings.rules, values, here),
  };
}

function rulesFor(source: RuleSource, values: TokenValues, here: Environment): Rules {
  return rulesOf(source, here.home, expander(source, values, here));
}

/** Expands the tokens, variables and `~` of a path; `%k` is the HostKeyAlias where there is one. */
function expander(
  { values: found }: RuleSource,
  values: TokenValues,
  here: Environment,
): (text: string) => string {
  const hostKeyAlias = found.get('hostkeyalias')?.[0];
  return (text) => expandHome(expandTokens(text, { ...values, hostKeyAlias }, here), here.home);
}

/** `ProxyJump a,b`: a first (with the jumps of its own config), then b straight from a. */
async function resolveJumps(
  alias: string,
  settings: Settings,
  here: Environment,
  visited: readonly string[],
): Promise<readonly Target[]> {
  const jumps: Target[] = [];
  const hops = (settings.proxyJump ?? '').split(',').filter((part) => part !== '');
  if (hops.length > mostHops)
    throw new UserError(`The ProxyJump of "${alias}" names ${hops.length} machines, more than ${mostHops}.`);
  for (const [index, hop] of hops.entries()) {
    const { host, own } = jumpSpec(hop, alias);
    if (visited.includes(host)) {
      throw new UserError(
        `The ProxyJump of "${alias}" goes in a circle: ${[...visited, host].join(' → ')}. Change it in the OpenSSH config.`,
      );
    }
    if (visited.length > maxJumps) {
      throw new UserError(
        `The way to "${visited[0] ?? alias}" leads through more than ${maxJumps} machines.`,
      );
    }
    if (index === 0) {
      const { jumps: before, ...first } = await resolveAlias(host, host, own, here, visited);
      jumps.push(...before, { ...first, jumps: [] });
    } else {
      requireSafeHost(host, 'an alias of the OpenSSH config');
      requireSafeUser(own.user);
      jumps.push(target(host, host, own, await askConfig(host, own, here), here));
    }
  }
  return jumps;
}

function jumpSpec(text: string, alias: string): { readonly host: string; readonly own: Own } {
  const hop = hopOf(text);
  if (hop === undefined)
    throw new UserError(`The ProxyJump of "${alias}" cannot be read: "${peerText(text, 200)}".`);
  const { host, ...own } = hop;
  return { host, own };
}

/**
 * `Match exec` and ProxyCommand of the person's config put names into a shell line, and a lab file may come from
 * someone else: the same characters are refused as by OpenSSH 9.6 (valid_hostname, valid_ruser), and `$` in users too.
 */
function requireSafeHost(name: string, what: string): void {
  if (name.startsWith('-') || /['"`$\\;&<>|(){}\s\p{Cc}]/u.test(name))
    throw new UserError(
      `"${peerText(name, 80)}" cannot be ${what}: it holds blanks or characters that a shell gives a meaning to.`,
    );
}

function requireSafeUser(user: string | undefined): void {
  if (user !== undefined && (user.startsWith('-') || /['"`$;&<>|(){}\p{Cc}]|\s-|\\$/u.test(user)))
    throw new UserError(
      `"${peerText(user, 80)}" cannot be a user name: it holds characters that a shell gives a meaning to.`,
    );
}

function withDefaults(environment: SshEnvironment): Environment {
  const home = environment.home ?? homedir();
  return {
    labFolder: environment.labFolder ?? home,
    home,
    user: environment.user ?? userInfo().username,
    platform: environment.platform ?? process.platform,
    variables: environment.variables ?? process.env,
    sshCommand: 'sshCommand' in environment ? environment.sshCommand : 'ssh',
    configFile: environment.configFile,
    signal: environment.signal,
  };
}

function defaultIdentityFiles(home: string): readonly string[] {
  return defaultKeys.map((key) => path.join(home, '.ssh', key)).filter((file) => existsSync(file));
}

/** A key that the config names stays though it is missing, so that its absence is told; ssh's defaults do not. */
function identityFiles(files: readonly string[], home: string): readonly string[] {
  const folder = path.join(home, '.ssh');
  const named = files.filter((file) => file !== 'none').map((file) => path.resolve(folder, file));
  const isDefault = (file: string) =>
    path.dirname(file) === folder && [...defaultKeys, ...otherDefaultKeys].includes(path.basename(file));
  const kept = named.filter(
    (file) => !isDefault(file) || (defaultKeys.includes(path.basename(file)) && existsSync(file)),
  );
  if (files.length === 0) return defaultIdentityFiles(home);
  return [...new Set(kept)];
}

function defaultAgent({ platform, variables }: Environment): string | undefined {
  const socket = variables['SSH_AUTH_SOCK'];
  if (socket !== undefined && socket !== '') return socket;
  return platform === 'win32' ? windowsAgent : undefined;
}

function agentOf(
  setting: string | undefined,
  here: Environment,
  expandAll: (text: string) => string,
): string | undefined {
  if (setting === undefined || setting === 'SSH_AUTH_SOCK') return defaultAgent(here);
  if (setting === 'none') return undefined;
  const variable = /^\$(\w+)$/.exec(setting)?.[1];
  if (variable !== undefined) return here.variables[variable];
  return expandAll(setting);
}

interface TokenValues {
  readonly alias: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** ProxyJump as written. */
  readonly jump: string;
  readonly hostKeyAlias?: string | undefined;
}

/** The %-tokens and `${VARIABLE}`s of paths (ssh_config(5), TOKENS). */
function expandTokens(text: string, values: TokenValues, here: Environment): string {
  const machine = hostname();
  const { address, port, user, jump } = values;
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    C: createHash('sha1').update(`${machine}${address}${port}${user}${jump}`).digest('hex'),
    d: here.home,
    h: values.address,
    i: String(process.getuid?.() ?? ''),
    j: jump,
    k: values.hostKeyAlias ?? values.alias,
    L: machine.split('.')[0] ?? machine,
    l: machine,
    n: values.alias,
    p: String(values.port),
    r: values.user,
    u: here.user,
  };
  return text
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => here.variables[name] ?? whole);
}
