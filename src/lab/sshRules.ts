import { homedir } from 'node:os';
import * as path from 'node:path';
import type { HostKeyRules, SignInMethod, SignInRules } from '../ssh/transport';
import { expandHome, type ConfigLine } from './sshConfigFile';

/** Keyword in lower case -> its values in their order, as `ssh -G` prints them or a config holds them. */
export type Values = ReadonlyMap<string, readonly string[]>;

/** What the options about host keys and signing in are made of. */
export interface RuleSource {
  readonly values: Values;
  /** `client`: printed by `ssh -G`, several files on one line without quotes. */
  readonly from: 'client' | 'config';
  /** All lines of the config, whatever host they are about. */
  readonly lines: readonly ConfigLine[];
}

export interface Rules {
  readonly hostKeys?: HostKeyRules;
  readonly signIn?: SignInRules;
}

/** Options that decide whether a host key is trusted and how one signs in. */
const keywords: ReadonlySet<string> = new Set([
  'batchmode',
  'certificatefile',
  'challengeresponseauthentication',
  'checkhostip',
  'globalknownhostsfile',
  'hostkeyalgorithms',
  'hostkeyalias',
  'identitiesonly',
  'kbdinteractiveauthentication',
  'knownhostscommand',
  'numberofpasswordprompts',
  'passwordauthentication',
  'preferredauthentications',
  'pubkeyauthentication',
  'revokedhostkeys',
  'skeyauthentication',
  'stricthostkeychecking',
  'userknownhostsfile',
]);

/** Whether a config has options of this kind at all, for any host. */
export const hasRules = (lines: readonly ConfigLine[]): boolean =>
  lines.some(({ keyword }) => keywords.has(keyword));

/**
 * The options about host keys and signing in that differ from OpenSSH's defaults.
 * @param expand expands the tokens, variables and `~` of a path.
 */
export function rulesOf(source: RuleSource, home: string, expand: (text: string) => string): Rules {
  const hostKeys = hostKeyRules(source, home, expand);
  const signIn = signInRules(source, home, expand);
  return {
    ...(Object.keys(hostKeys).length > 0 ? { hostKeys } : {}),
    ...(Object.keys(signIn).length > 0 ? { signIn } : {}),
  };
}

function hostKeyRules(source: RuleSource, home: string, expand: (text: string) => string): HostKeyRules {
  const { values } = source;
  const alias = first(values, 'hostkeyalias')?.toLowerCase();
  const userFiles = files(source, 'userknownhostsfile', home, expand);
  const globalFiles = files(source, 'globalknownhostsfile', home, expand);
  const strict = strictness(first(values, 'stricthostkeychecking'));
  const revoked = files(source, 'revokedhostkeys', home, expand) ?? [];
  const command = unlessNone(values.get('knownhostscommand')?.join(' '));
  return {
    ...(alias === undefined || alias === '' ? {} : { alias }),
    ...(userFiles ? { userFiles } : {}),
    ...(globalFiles ? { globalFiles } : {}),
    ...(strict === undefined ? {} : { strict }),
    ...(revoked.length > 0 ? { revoked } : {}),
    ...(command === undefined ? {} : { command }),
    ...(isOn(first(values, 'checkhostip'), false) ? { checksIp: true } : {}),
    ...algorithmRules(source),
  };
}

function signInRules(source: RuleSource, home: string, expand: (text: string) => string): SignInRules {
  const { values } = source;
  const preferred = first(values, 'preferredauthentications')?.toLowerCase().split(',');
  const switches: Readonly<Record<SignInMethod, boolean>> = {
    publickey: isOn(first(values, 'pubkeyauthentication'), true),
    'keyboard-interactive': isOn(
      first(values, 'kbdinteractiveauthentication') ??
        first(values, 'challengeresponseauthentication') ??
        first(values, 'skeyauthentication'),
      true,
    ),
    password: isOn(first(values, 'passwordauthentication'), true),
  };
  const all: readonly SignInMethod[] = ['publickey', 'keyboard-interactive', 'password'];
  const order = preferred
    ? [...new Set(preferred.flatMap((name) => all.find((method) => method === name.trim()) ?? []))]
    : all;
  const methods = order.filter((method) => switches[method]);
  const prompts = Number(first(values, 'numberofpasswordprompts'));
  const certificates = (values.get('certificatefile') ?? [])
    .filter((file) => unlessNone(file) !== undefined)
    .map((file) => path.resolve(home, '.ssh', expand(unquoted(file))));
  return {
    ...(methods.join() === all.join() ? {} : { methods }),
    ...(Number.isInteger(prompts) && prompts > 0 && prompts !== 3 ? { passwordPrompts: prompts } : {}),
    ...(isOn(first(values, 'batchmode'), false) ? { isBatch: true } : {}),
    ...(certificates.length > 0 ? { certificates: [...new Set(certificates)] } : {}),
  };
}

const first = (values: Values, keyword: string): string | undefined => {
  const value = values.get(keyword)?.[0];
  return value === undefined ? undefined : unquoted(value.trim());
};

export const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1');

function unlessNone(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value.toLowerCase() === 'none' ? undefined : value;
}

/** `yes` and its other spellings; PubkeyAuthentication also has `unbound` and `host-bound`, which are on. */
function isOn(value: string | undefined, otherwise: boolean): boolean {
  return value === undefined ? otherwise : !['no', 'false', 'off'].includes(value.toLowerCase());
}

function strictness(value: string | undefined): HostKeyRules['strict'] {
  const word = value?.toLowerCase() ?? '';
  if (['yes', 'true'].includes(word)) return 'yes';
  if (['no', 'off', 'false'].includes(word)) return 'no';
  return word === 'accept-new' ? 'accept-new' : undefined;
}

/** The files of an option; empty for `none`, undefined when the config does not have the option. */
function files(
  { values, from, lines }: RuleSource,
  keyword: string,
  home: string,
  expand: (text: string) => string,
): readonly string[] | undefined {
  const written = lines.filter((line) => line.keyword === keyword).flatMap((line) => line.values);
  const found = values.get(keyword);
  // Printed though nobody wrote it: OpenSSH's default.
  if (found === undefined || (from === 'client' && written.length === 0)) return undefined;
  const names = from === 'config' ? found : found.flatMap((text) => splitPrinted(text, written, expand));
  if (names.length === 1 && names[0]?.toLowerCase() === 'none') return [];
  return names.map((name) => (isDevice(name) ? name : path.resolve(home, expand(unquoted(name)))));
}

const isDevice = (name: string): boolean => name === '/dev/null' || name.toUpperCase() === 'NUL';

/** `ssh -G` prints file names with blanks as they are: those that the config has are recognised. */
function splitPrinted(text: string, written: readonly string[], expand: (text: string) => string): string[] {
  const withBlanks = written
    .flatMap((name) => [name, expand(name), expandHome(name, homedir()), expand(expandHome(name, homedir()))])
    .filter((name) => name.includes(' '))
    .sort((a, b) => b.length - a.length);
  const names: string[] = [];
  for (let rest = text.trim(); rest !== ''; rest = rest.trimStart()) {
    const whole =
      withBlanks.find((name) => rest === name || rest.startsWith(`${name} `)) ??
      /^(?:"[^"]*"|\S+)/.exec(rest)?.[0] ??
      rest;
    names.push(whole);
    rest = rest.slice(whole.length);
  }
  return names;
}

/** Certificates and security keys of hosts are not supported, so only the order of plain keys tells of a choice. */
function algorithmRules({ values, lines }: RuleSource): Pick<HostKeyRules, 'algorithms' | 'keepsOrder'> {
  const written = lines.filter((line) => line.keyword === 'hostkeyalgorithms').flatMap((line) => line.values);
  const value = first(values, 'hostkeyalgorithms');
  if (value === undefined || written.length === 0) return {};
  const algorithms = assembled(value);
  if (algorithms.join() === defaultAlgorithms.join()) return {};
  // As OpenSSH: a list that only adds or takes away leaves the order to what is known of the host.
  const keepsOrder = written.some((list) => !/^[+-]/.test(list));
  return { algorithms, ...(keepsOrder ? { keepsOrder } : {}) };
}

const defaultAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];
const allAlgorithms = [...defaultAlgorithms, 'ssh-rsa'];

/** The supported algorithms of a list, which may add (+), take away (-) or put first (^), and have patterns. */
function assembled(value: string): string[] {
  const [, sign = '', list = ''] = /^([+^-]?)(.*)$/s.exec(value) ?? [];
  const patterns = list.split(',').map((pattern) => pattern.trim());
  const named = [
    ...new Set(patterns.flatMap((pattern) => allAlgorithms.filter((name) => matches(pattern, name)))),
  ];
  if (sign === '+') return [...new Set([...defaultAlgorithms, ...named])];
  if (sign === '-') return defaultAlgorithms.filter((name) => !named.includes(name));
  if (sign === '^') return [...new Set([...named, ...defaultAlgorithms])];
  return named;
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|/-]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(name);
}
