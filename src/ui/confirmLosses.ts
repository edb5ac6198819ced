import * as vscode from 'vscode';
import type { Confirmation } from '../benchmarks/benchmark';
import { readConfirmation } from '../benchmarks/blockDevice';
import { benchmarksOf } from '../benchmarks/own';
import { resolveBenchmarks } from '../experiment/prepare';
import type { BenchmarkRef } from '../model/experiment';
import { UserError } from '../model/userError';
import { askText, back } from './quickInput';
import type { Services } from './services';
import { showWarningMessage } from './visible/messages';

const timeoutMs = 60_000;

/**
 * Before a run that uses up something on its guests: shows what is there and lets the person name it. What the
 * parameters confirm already is not asked for; the guest itself compares it. Gives the benchmarks with what was
 * confirmed in their parameters.
 * @throws UserError when nobody can be asked, or a guest refuses, or the guests differ.
 */
export async function confirmLosses(
  services: Services,
  guests: readonly string[],
  refs: readonly BenchmarkRef[],
  person: 'attended' | 'unattended',
): Promise<readonly BenchmarkRef[]> {
  const planned = resolveBenchmarks(refs, benchmarksOf(services.lab.lab));
  const given = new Map<string, string>();
  const confirmed: BenchmarkRef[] = [];
  for (const [index, ref] of refs.entries()) {
    const { benchmark, parameters = {} } = planned[index] ?? {};
    const wanted = benchmark?.confirmation?.(parameters);
    if (benchmark === undefined || wanted === undefined || parameters[wanted.parameter] !== '') {
      confirmed.push(ref);
      continue;
    }
    // Once for all that do the same to the same thing.
    const key = `${wanted.loses} ${wanted.name}`;
    const value = given.get(key) ?? (await confirmOne(services, guests, benchmark.title, wanted, person));
    given.set(key, value);
    confirmed.push({ ...ref, parameters: { ...parameters, [wanted.parameter]: value } });
  }
  return confirmed;
}

async function confirmOne(
  services: Services,
  guests: readonly string[],
  title: string,
  wanted: Confirmation,
  person: 'attended' | 'unattended',
): Promise<string> {
  const there = await Promise.all(guests.map((guest) => askGuest(services, guest, wanted)));
  const [first] = there;
  if (first === undefined || there.some(({ value }) => value !== first.value)) {
    const lines = there.map(({ guest, value }) => `${guest}: ${value}`).join('; ');
    throw new UserError(
      vscode.l10n.t(
        'Not started; {0} is not the same on all guests, so nothing could be compared. {1}',
        wanted.name,
        lines,
      ),
    );
  }
  if (person === 'unattended') {
    throw new UserError(
      vscode.l10n.t(
        'Not started; {0} uses {1}, which must be confirmed: set its parameter {2} to "{3}".',
        title,
        wanted.name,
        wanted.parameter,
        first.value,
      ),
    );
  }
  await warn(title, wanted, there);
  await typeName(title, wanted);
  services.log.info(`Confirmed for ${title}: ${first.value} on ${guests.join(', ')}`);
  return first.value;
}

interface There {
  readonly guest: string;
  readonly value: string;
  readonly what: string;
}

async function askGuest(services: Services, guest: string, wanted: Confirmation): Promise<There> {
  const connection = await services.guests.connect(guest, 'ask');
  const { stdout } = await connection.exec('exec /bin/sh -s', { stdin: wanted.script, timeoutMs });
  const told = readConfirmation(stdout.toString('utf8'));
  if (told.kind === 'there') return { guest, value: told.value, what: told.what };
  throw new UserError(vscode.l10n.t('Not started; {0}: {1}.', guest, told.reason));
}

async function warn(title: string, { name, loses }: Confirmation, there: readonly There[]): Promise<void> {
  const question =
    loses === 'everything'
      ? vscode.l10n.t('{0} destroys everything on {1}.', title, name)
      : vscode.l10n.t('{0} reads from {1}; nothing is written.', title, name);
  const next = vscode.l10n.t('Continue...');
  const detail = there.map(({ guest, what }) => vscode.l10n.t('{0}: {1}, {2}', guest, name, what));
  const chosen = await showWarningMessage(question, { modal: true, detail }, next);
  if (chosen !== next) throw new vscode.CancellationError();
}

async function typeName(title: string, { name, loses }: Confirmation): Promise<void> {
  const typed = await askText({
    title: vscode.l10n.t('{0}: Confirm {1}', title, name),
    prompt:
      loses === 'everything'
        ? vscode.l10n.t('Type {0} to have everything on it destroyed', name)
        : vscode.l10n.t('Type {0} to have it read from', name),
    value: '',
    judge: (text) => (text.trim() === name ? undefined : vscode.l10n.t('This is not {0}.', name)),
  });
  if (typed === back) throw new vscode.CancellationError();
}
