import type { CheckResult, MissingCheck } from '../benchmarks/check';
import { shownCommands, type InstallPlan } from '../benchmarks/installPlan';
import { count } from './format';
import type {
  CellState,
  Detour,
  PreparationCell,
  PreparationGuest,
  PreparationModel,
} from './preparationShape';

/** What one guest has answered. */
export type GuestAnswer =
  | { readonly state: 'checking' }
  | { readonly state: 'unreachable'; readonly reason: string }
  | {
      readonly state: 'answered';
      readonly checks: ReadonlyMap<string, CheckResult>;
      /** undefined: no package is missing. */
      readonly plan: InstallPlan | undefined;
      readonly user: string;
    };

export interface PreparationGuestInput {
  readonly name: string;
  readonly answer: GuestAnswer;
  readonly trouble?: string;
  readonly activity?: string;
}

export interface PreparationInput {
  readonly purpose: 'prepare' | 'run';
  readonly benchmarks: readonly { readonly id: string; readonly title: string }[];
  readonly guests: readonly PreparationGuestInput[];
  readonly busy: 'no' | 'checking' | 'installing';
}

/** Which guests and benchmarks are left when a run goes on without what is not ready. */
export interface Remainder {
  readonly guests: readonly string[];
  readonly benchmarks: readonly string[];
}

const words: Readonly<Record<CellState, string>> = {
  checking: 'Checking',
  ready: 'Ready',
  missing: 'Missing',
  root: 'Needs root',
  absent: 'Not in archive',
  space: 'No space',
  architecture: 'Not supported',
  source: 'Needs a source',
  problem: 'Cannot run',
  unreachable: 'Not reached',
};

/** The table of what can run where, and what is to be done for the rest. */
export function preparationModel(input: PreparationInput): PreparationModel {
  const { purpose, benchmarks, guests, busy } = input;
  const isWaiting = purpose === 'run' && busy === 'no';
  return {
    purpose,
    headline: headlineOf(input),
    benchmarks,
    guests: guests.map(columnOf),
    cells: benchmarks.map(({ id }) => guests.map(({ answer }) => cellOf(answer, id))),
    busy,
    installable: installable(guests).length,
    withoutGuests: isWaiting ? detourOf(input, 'guests') : undefined,
    withoutBenchmarks: isWaiting ? detourOf(input, 'benchmarks') : undefined,
  };
}

/** The guests that packages can be installed on from here, with their plans. */
export function installable<G extends PreparationGuestInput>(
  guests: readonly G[],
): readonly { readonly guest: G; readonly plan: InstallPlan; readonly user: string }[] {
  return guests.flatMap((guest) => {
    const { answer } = guest;
    if (answer.state !== 'answered' || answer.plan?.install === undefined) return [];
    return answer.plan.privilege === 'none' ? [] : [{ guest, plan: answer.plan, user: answer.user }];
  });
}

/** True when every benchmark can run on every guest. */
export function isAllReady({ guests, benchmarks }: PreparationInput): boolean {
  return guests.every(({ answer }) => isReady(answer, benchmarks));
}

/**
 * What is left without the guests that lack something, or without the benchmarks that cannot run everywhere; guests
 * that cannot be reached are left out in both. undefined: nothing would be left, or nothing is lacking.
 */
export function remainder(input: PreparationInput, without: 'guests' | 'benchmarks'): Remainder | undefined {
  if (isAllReady(input)) return undefined;
  const reached = input.guests.filter(({ answer }) => answer.state === 'answered');
  const guests =
    without === 'guests' ? reached.filter(({ answer }) => isReady(answer, input.benchmarks)) : reached;
  const benchmarks = input.benchmarks.filter(({ id }) =>
    guests.every(({ answer }) => stateOf(answer, id) === 'ready'),
  );
  if (guests.length === 0 || benchmarks.length === 0) return undefined;
  return { guests: guests.map(({ name }) => name), benchmarks: benchmarks.map(({ id }) => id) };
}

/** For messages: what each guest that is not ready lacks, and the command that helps, one guest a line. */
export function lackLines({ guests, benchmarks }: PreparationInput): readonly string[] {
  return guests
    .filter(({ answer }) => !isReady(answer, benchmarks))
    .map(({ name, answer }) => {
      if (answer.state !== 'answered') return `${name}: ${cellOf(answer, '').details}`;
      const lacks = benchmarks.flatMap(({ id, title }) => {
        const cell = cellOf(answer, id);
        return cell.state === 'ready' ? [] : [`${title} (${lackText(cell)})`];
      });
      const commands = answer.plan ? shownCommands(answer.plan) : [];
      return `${name}: ${lacks.join(', ')}${commands.length > 0 ? `; to install: ${commands.join(' && ')}` : ''}`;
    });
}

const lackText = ({ state, text, details }: PreparationCell): string =>
  state === 'missing' || state === 'root' ? text : details;

function isReady(answer: GuestAnswer, benchmarks: readonly { readonly id: string }[]): boolean {
  return benchmarks.every(({ id }) => stateOf(answer, id) === 'ready');
}

const stateOf = (answer: GuestAnswer, id: string): CellState => cellOf(answer, id).state;

const cell = (state: CellState, text = '', details = ''): PreparationCell => ({
  state,
  word: words[state],
  text,
  details,
});

function cellOf(answer: GuestAnswer, id: string): PreparationCell {
  if (answer.state === 'checking') return cell('checking');
  if (answer.state === 'unreachable') return cell('unreachable', '', answer.reason);
  const check = answer.checks.get(id);
  switch (check?.state) {
    case 'ready':
      return cell('ready', check.version);
    case 'missing':
      if (check.absent !== undefined && check.absent.length > 0) return absentCell(check, check.absent);
      return cell(
        answer.plan?.install !== undefined && answer.plan.privilege === 'none' ? 'root' : 'missing',
        check.package,
        `${check.command} was not found. It comes with: ${check.package}.`,
      );
    case 'problem':
      return cell(check.kind === 'other' ? 'problem' : check.kind, '', check.reason);
    case undefined:
      return cell('problem', '', 'the check gave no answer');
  }
}

/** What the guest's archives do not have, and where it may be found. */
function absentCell(
  { command, elsewhere }: MissingCheck,
  absent: readonly (readonly string[])[],
): PreparationCell {
  const names = absent.map((group) => listed(group, 'or')).join(', and ');
  const where = elsewhere === undefined ? '' : `It may be in ${elsewhere}; else `;
  const advice = `${where === '' ? 'I' : `${where}i`}nstall it by hand and check again.`;
  return cell(
    'absent',
    absent.map(([name = '']) => name).join(' '),
    `${command} was not found, and the package archives of this guest have no ${names}. ${advice}`,
  );
}

/** "a", "a or b", "a, b or c". */
const listed = (names: readonly string[], word: string): string =>
  [names.slice(0, -1).join(', '), names.at(-1)].filter((text) => text !== '').join(` ${word} `);

function columnOf({ name, answer, trouble = '', activity = '' }: PreparationGuestInput): PreparationGuest {
  const plan = answer.state === 'answered' ? answer.plan : undefined;
  return {
    name,
    packages: plan?.packages ?? [],
    commands: plan ? shownCommands(plan) : [],
    how: plan && answer.state === 'answered' ? howOf(plan, answer.user) : '',
    trouble: trouble === '' && answer.state === 'unreachable' ? answer.reason : trouble,
    activity,
  };
}

function howOf({ privilege, install, packages }: InstallPlan, user: string): string {
  if (!install) return `No package manager that is known here. Install by hand: ${packages.join(' ')}`;
  switch (privilege) {
    case 'root':
      return `Run as ${user}.`;
    case 'sudo':
    case 'doas':
      return `Run by ${user} through ${privilege}, without a password.`;
    case 'sudo-password':
      return `Run by ${user} through sudo. Its password is asked for once and passed on standard input only.`;
    case 'none':
      return `${user} is not root, and there is neither sudo nor a doas that does not ask. Run this there as root, then check again.`;
  }
}

function headlineOf({ purpose, benchmarks, guests, busy }: PreparationInput): string {
  const waiting = guests.filter(({ answer }) => answer.state === 'checking').length;
  if (busy === 'installing') return 'Installing. The terminal shows what the package manager says.';
  if (waiting > 0) return `Checking ${count(benchmarks.length, 'benchmark')} on ${count(waiting, 'guest')}.`;
  const lacking = guests.filter(({ answer }) => !isReady(answer, benchmarks)).length;
  if (lacking === 0) return `Everything is ready on ${count(guests.length, 'guest')}.`;
  const rest = purpose === 'run' ? ' The run has not begun.' : '';
  return `${lacking} of ${count(guests.length, 'guest')} ${lacking === 1 ? 'is' : 'are'} not ready for everything.${rest}`;
}

function detourOf(input: PreparationInput, what: 'guests' | 'benchmarks'): Detour | undefined {
  const left = remainder(input, what);
  if (!left) return undefined;
  const guests = input.guests.map(({ name }) => name).filter((name) => !left.guests.includes(name));
  const benchmarks = input.benchmarks.filter(({ id }) => !left.benchmarks.includes(id));
  return { without: [...guests, ...benchmarks.map(({ title }) => title)] };
}
