import { existsSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isSamePlace } from '../../lab/samePlace';
import { listAliases } from '../../lab/sshConfig';
import { guestSchema, type Guest } from '../../model/lab';
import { UserError } from '../../model/userError';
import { valueOf } from '../commandArguments';
import { requireTrust } from '../guestService';
import { messageOf } from '../log';
import { isCancellation } from '../reporting';
import type { Services } from '../services';
import { showWarningMessage, withProgress } from '../visible/messages';
import { createQuickPick, showInputBox, showQuickPick } from '../visible/questions';

const steps = 4;

/** Adds a guest in four questions and tests the connection before it is saved. With `{ guest }` it asks nothing. */
export async function addGuest(services: Services, ...args: readonly unknown[]): Promise<void> {
  requireTrust();
  await services.lab.open();
  const given = valueOf(args[0], 'guest');
  const guest = given === undefined ? await askForGuest(services) : parseGuest(given);
  if (services.lab.lab.guests.some((known) => known.name === guest.name)) {
    throw new UserError(vscode.l10n.t('There already is a guest "{0}" in the lab.', guest.name));
  }
  await tellSamePlace(services, guest, given === undefined);
  if (!(await isFitToSave(services, guest, given === undefined))) throw new vscode.CancellationError();
  await services.lab.addGuest(guest);
  await services.guests.probe(guest.name, 'ask');
}

/** Tells of guests of the lab that are the same machine; a person who was asked for the guest decides. */
async function tellSamePlace(services: Services, guest: Guest, mayAsk: boolean): Promise<void> {
  const target = await services.guests.target(guest);
  const twins: string[] = [];
  for (const known of services.lab.lab.guests) {
    // A guest whose own configuration is broken says so in its row.
    const other = await services.guests.target(known).catch(() => undefined);
    if (other && isSamePlace(target, other)) twins.push(known.name);
  }
  if (twins.length === 0) return;
  const message = vscode.l10n.t(
    '{0} has the address of {1}: {2} port {3}.',
    guest.name,
    twins.join(', '),
    target.address,
    target.port,
  );
  if (!mayAsk) {
    void showWarningMessage(message);
    return;
  }
  const add = vscode.l10n.t('Add Anyway');
  const detail = vscode.l10n.t(
    'Both are the same machine, so comparing them compares it with itself. Each signs in with its own user and keys.',
  );
  const chosen = await showWarningMessage(message, { modal: true, detail }, add);
  if (chosen !== add) throw new vscode.CancellationError();
}

function parseGuest(given: unknown): Guest {
  const read = guestSchema.safeParse(given);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new UserError(
    vscode.l10n.t('This guest is not valid: {0} {1}.', issue?.path.join('.') ?? '', issue?.message ?? ''),
  );
}

async function askForGuest(services: Services): Promise<Guest> {
  const where = await askWhere();
  const user =
    'sshHost' in where
      ? undefined
      : await ask(2, vscode.l10n.t('User'), vscode.l10n.t('Account on the guest'), 'root', (value) =>
          value.trim() === '' ? vscode.l10n.t('Enter an account name.') : undefined,
        );
  const name = await ask(
    3,
    vscode.l10n.t('Name'),
    vscode.l10n.t('What the guest is called here'),
    'sshHost' in where ? where.sshHost : where.address,
    (value) => {
      if (value.trim() === '') return vscode.l10n.t('Enter a name.');
      return services.lab.lab.guests.some((guest) => guest.name === value.trim())
        ? vscode.l10n.t('There already is a guest with this name.')
        : undefined;
    },
  );
  const host = await askHost(services);
  return parseGuest({
    name: name.trim(),
    ...(host === '' ? {} : { host }),
    ...where,
    ...(user === undefined ? {} : { user: user.trim() }),
  });
}

type Where = { sshHost: string } | { address: string; port?: number };

async function askWhere(): Promise<Where> {
  const config = path.join(os.homedir(), '.ssh', 'config');
  const aliases = existsSync(config) ? await listAliases(config) : [];
  const aliasItems = aliases.map((alias) => ({
    label: alias,
    description: vscode.l10n.t('from ~/.ssh/config'),
    iconPath: new vscode.ThemeIcon('terminal'),
  }));
  return new Promise<Where>((resolve, reject) => {
    const pick = createQuickPick();
    pick.title = vscode.l10n.t('Add Guest');
    pick.step = 1;
    pick.totalSteps = steps;
    pick.placeholder = vscode.l10n.t(
      'Address of the guest (host name, IP address, address:port) or an SSH alias',
    );
    pick.ignoreFocusOut = true;
    pick.items = aliasItems;
    pick.onDidChangeValue((value) => {
      const typed = value.trim();
      pick.items =
        typed === '' || aliases.includes(typed)
          ? aliasItems
          : [
              { label: typed, description: vscode.l10n.t('use this address'), alwaysShow: true },
              ...aliasItems,
            ];
    });
    pick.onDidAccept(() => {
      const chosen = pick.selectedItems[0]?.label ?? pick.value.trim();
      const where = aliases.includes(chosen) ? { sshHost: chosen } : addressOf(chosen);
      if (!where) {
        pick.placeholder = vscode.l10n.t(
          '"{0}" is not an address. Examples: 10.0.0.11, guest.lab:2222, [fd00::1]:22',
          chosen,
        );
        pick.value = '';
        return;
      }
      resolve(where);
      pick.hide();
    });
    pick.onDidHide(() => {
      pick.dispose();
      reject(new vscode.CancellationError());
    });
    pick.show();
  });
}

/** `host`, `host:port`, `[v6]:port` or a bare IPv6 address. */
function addressOf(text: string): { address: string; port?: number } | undefined {
  const match = /^(?:\[([^\]\s]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const address =
    match?.[1] ?? match?.[2] ?? (/^[0-9a-fA-F:.]+:[0-9a-fA-F:.]*$/.test(text) ? text : undefined);
  if (address === undefined || address.startsWith('-')) return undefined;
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65535)) return undefined;
  return { address, ...(port === undefined || port === 22 ? {} : { port }) };
}

async function ask(
  step: number,
  title: string,
  prompt: string,
  value: string,
  validate: (value: string) => string | undefined,
): Promise<string> {
  const answer = await showInputBox({
    title: vscode.l10n.t('Add Guest: {0} ({1}/{2})', title, step, steps),
    prompt,
    value,
    ignoreFocusOut: true,
    validateInput: validate,
  });
  if (answer === undefined) throw new vscode.CancellationError();
  return answer;
}

async function askHost(services: Services): Promise<string> {
  const known = [
    ...new Set(
      [
        ...services.lab.lab.hosts.map((host) => host.name),
        ...services.lab.lab.guests.map((guest) => guest.host),
      ].filter((name) => name !== undefined),
    ),
  ];
  const unnamed = vscode.l10n.t('No host named');
  const other = vscode.l10n.t('Another host...');
  const picked = await showQuickPick(
    [...known, unnamed, other].map((name) => ({ label: name, name })),
    {
      title: vscode.l10n.t('Add Guest: Host ({0}/{1})', 4, steps),
      placeHolder: vscode.l10n.t(
        'Which physical machine does it run on? Guests of one host never run at the same time.',
      ),
      ignoreFocusOut: true,
    },
  );
  if (picked === undefined) throw new vscode.CancellationError();
  if (picked.name === unnamed) return '';
  if (picked.name !== other) return picked.name;
  return (
    await ask(4, vscode.l10n.t('Host'), vscode.l10n.t('Name of the physical machine'), '', (value) =>
      value.trim() === '' ? vscode.l10n.t('Enter a name.') : undefined,
    )
  ).trim();
}

/** Connects and asks the guest what it is; a failure can be saved all the same, by choice. */
async function isFitToSave(services: Services, guest: Guest, mayAsk: boolean): Promise<boolean> {
  try {
    const facts = await withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Connecting to {0}…', guest.name),
        cancellable: true,
      },
      (_progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return services.guests.tryGuest(guest, abort.signal);
      },
    );
    services.log.info(`${guest.name}: ${facts.mode.mode}, ${facts.kernel ?? 'unknown kernel'}`);
    return true;
  } catch (error) {
    if (isCancellation(error) || !mayAsk) throw error;
    const save = vscode.l10n.t('Save Anyway');
    const chosen = await showWarningMessage(
      vscode.l10n.t('Could not connect to {0}.', guest.name),
      { modal: true, detail: messageOf(error) },
      save,
    );
    return chosen === save;
  }
}
