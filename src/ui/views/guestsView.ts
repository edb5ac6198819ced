import * as vscode from 'vscode';
import type { LabProblem } from '../../lab/labStore';
import { Disposable } from '../../model/disposable';
import type { Facts } from '../../model/guest';
import type { Guest } from '../../model/lab';
import { failureOf, type GuestService, type GuestState, type Lack } from '../guestService';
import type { LabService } from '../labService';
import { modeIcon } from '../modeLook';
import { setting } from '../settings';
import { factRows, factsTooltip } from './factRows';
import { visibleLines } from '../visibleText';

/** A row of the guests view. */
export type GuestNode =
  | ({ readonly kind: 'lab-problem' } & LabProblem)
  | { readonly kind: 'group'; readonly label: string; readonly guests: readonly string[] }
  | { readonly kind: 'guest'; readonly guest: string }
  | { readonly kind: 'failure'; readonly guest: string; readonly message: string; readonly error: string }
  | { readonly kind: 'warning'; readonly guest: string; readonly message: string }
  | { readonly kind: 'missing'; readonly guest: string; readonly lack: Lack }
  | { readonly kind: 'fact'; readonly guest: string; readonly label: string; readonly value: string };

const debounceMs = 300;

/** Answers from memory; probing happens elsewhere and only fires the rows that changed. */
export class GuestsView extends Disposable implements vscode.TreeDataProvider<GuestNode> {
  private readonly changed = this.register(new vscode.EventEmitter<GuestNode | undefined>());
  readonly onDidChangeTreeData = this.changed.event;
  private readonly nodes = new Map<string, GuestNode>();
  private readonly dirty = new Set<string | undefined>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly lab: LabService,
    private readonly guests: GuestService,
  ) {
    super();
    this.register(lab.onDidChange(() => this.mark(undefined)));
    this.register(guests.onDidChange((name) => this.mark(name)));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('guestbench.groupGuestsBy')) this.mark(undefined);
      }),
    );
    this.register({ dispose: () => clearTimeout(this.timer) });
  }

  getChildren(node?: GuestNode): GuestNode[] {
    if (!node) return this.roots();
    switch (node.kind) {
      case 'group':
        return node.guests.map((name) => this.node(name));
      case 'guest':
        return this.details(node.guest);
      case 'lab-problem':
      case 'failure':
      case 'warning':
      case 'missing':
      case 'fact':
        return [];
    }
  }

  getTreeItem(node: GuestNode): vscode.TreeItem {
    switch (node.kind) {
      case 'lab-problem':
        return this.labProblemItem(node);
      case 'group':
        return groupItem(node);
      case 'guest':
        return this.guestItem(node.guest);
      case 'failure':
        return failureItem(node);
      case 'warning':
        return leaf(
          `${node.guest}/warning/${node.message}`,
          node.message,
          '',
          'warning',
          'list.warningForeground',
        );
      case 'missing':
        return missingItem(node);
      case 'fact': {
        const item = leaf(`${node.guest}/fact/${node.label}`, node.label, node.value);
        item.tooltip = visibleLines(`${node.label}: ${node.value}`);
        item.contextValue = 'fact';
        return item;
      }
    }
  }

  resolveTreeItem(item: vscode.TreeItem, node: GuestNode): vscode.TreeItem {
    if (node.kind === 'guest') {
      const state = this.guests.state(node.guest);
      const failure = failureOf(state);
      if (failure) item.tooltip = visibleLines(failure.message);
      else if ('facts' in state) item.tooltip = factsTooltip(node.guest, state.facts);
    }
    return item;
  }

  private roots(): GuestNode[] {
    const problems: GuestNode[] = this.lab.problems.map((problem) => ({ kind: 'lab-problem', ...problem }));
    const guests = this.lab.lab.guests;
    const by = setting('groupGuestsBy');
    if (by === 'nothing') return [...problems, ...guests.map((guest) => this.node(guest.name))];
    const groups = new Map<string, string[]>();
    for (const guest of guests) {
      const label = by === 'host' ? (guest.host ?? '') : this.modeText(guest);
      const group = groups.get(label);
      if (group) group.push(guest.name);
      else groups.set(label, [guest.name]);
    }
    const rows = [...groups].map(([label, names]): GuestNode => ({
      kind: 'group',
      label: label === '' ? vscode.l10n.t('No host named') : label,
      guests: names,
    }));
    return [...problems, ...rows];
  }

  private details(name: string): GuestNode[] {
    const state = this.guests.state(name);
    const rows: GuestNode[] = [];
    const failure = failureOf(state);
    if (failure) {
      const { message, error } = failure;
      rows.push({ kind: 'failure', guest: name, message, error });
    }
    const facts = 'facts' in state ? state.facts : undefined;
    const guest = this.lab.lab.guests.find((candidate) => candidate.name === name);
    if (facts && guest) {
      const mismatch = modeMismatch(guest, facts);
      if (mismatch) rows.push({ kind: 'warning', guest: name, message: mismatch });
    }
    for (const lack of this.guests.lacksOf(name)) rows.push({ kind: 'missing', guest: name, lack });
    if (facts) rows.push(...factRows(facts).map((row): GuestNode => ({ kind: 'fact', guest: name, ...row })));
    return rows;
  }

  private guestItem(name: string): vscode.TreeItem {
    const state = this.guests.state(name);
    const guest = this.lab.lab.guests.find((candidate) => candidate.name === name);
    const facts = 'facts' in state ? state.facts : undefined;
    const activity = this.guests.activity(name);
    const hasFailed = failureOf(state) !== undefined;
    const hasDetails = facts !== undefined || hasFailed;
    const item = new vscode.TreeItem(
      name,
      hasDetails
        ? hasFailed || this.guests.lacksOf(name).length > 0
          ? vscode.TreeItemCollapsibleState.Expanded
          : vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.None,
    );
    item.id = `guest/${name}`;
    const mode = facts?.mode.mode ?? 'unknown';
    const modeText = facts ? modeWord(facts) : guest?.mode ? vscode.l10n.t('{0} expected', guest.mode) : '';
    item.description = [modeText, stateWord(state, activity), facts?.kernel].filter(Boolean).join(' · ');
    item.iconPath = guestIcon(state, activity, facts);
    item.contextValue = `guest;state=${activity ? 'running' : state.kind};mode=${mode}`;
    const mismatch = guest && facts ? modeMismatch(guest, facts) : undefined;
    item.accessibilityInformation = {
      label: [name, modeText, stateWord(state, activity), mismatch].filter(Boolean).join(', '),
    };
    if (mismatch) item.description = `⚠ ${item.description}`;
    return item;
  }

  private labProblemItem(node: Extract<GuestNode, { kind: 'lab-problem' }>): vscode.TreeItem {
    const file = this.lab.uri.path.split('/').at(-1) ?? '';
    const place = `${file}:${node.line}`;
    const reason = node.message.replace(/^line \d+: /, '');
    const id = `lab-problem/${node.line}:${node.column}/${node.message}`;
    const item = leaf(id, place, reason, 'error', 'list.errorForeground');
    item.accessibilityInformation = { label: `${place}, ${reason}` };
    const inFull = vscode.l10n.t(
      '{0}, line {1}, column {2}: {3}',
      this.lab.uri.fsPath,
      node.line,
      node.column,
      reason,
    );
    const effect =
      node.isOfEntry === true
        ? vscode.l10n.t('The rest of the lab is in use. Click to open the place.')
        : vscode.l10n.t('The last good lab stays in use. Click to open the place.');
    item.tooltip = visibleLines([inFull, '', effect]);
    item.contextValue = 'labProblem';
    item.command = {
      command: 'guestbench.openLabFile',
      title: vscode.l10n.t('Open Lab File'),
      arguments: [{ line: node.line, column: node.column }],
    };
    return item;
  }

  private modeText(guest: Guest): string {
    const state = this.guests.state(guest.name);
    return ('facts' in state ? state.facts.mode.mode : undefined) ?? vscode.l10n.t('Mode not known yet');
  }

  /** The same object for the same guest, so that a change fires one row. */
  private node(name: string): GuestNode {
    const known = this.nodes.get(name);
    if (known) return known;
    const node: GuestNode = { kind: 'guest', guest: name };
    this.nodes.set(name, node);
    return node;
  }

  private mark(name: string | undefined): void {
    this.dirty.add(setting('groupGuestsBy') === 'mode' ? undefined : name);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const names = [...this.dirty];
      this.dirty.clear();
      if (names.includes(undefined)) this.changed.fire(undefined);
      else for (const changed of names) if (changed !== undefined) this.changed.fire(this.node(changed));
    }, debounceMs);
  }
}

function groupItem(node: Extract<GuestNode, { kind: 'group' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `group/${node.label}`;
  item.iconPath = new vscode.ThemeIcon('server');
  item.description =
    node.guests.length === 1 ? vscode.l10n.t('1 guest') : vscode.l10n.t('{0} guests', node.guests.length);
  item.contextValue = 'group';
  return item;
}

function failureItem(node: Extract<GuestNode, { kind: 'failure' }>): vscode.TreeItem {
  const item = leaf(`${node.guest}/failure`, node.message, '', 'error', 'list.errorForeground');
  item.tooltip = visibleLines([node.message, '', vscode.l10n.t('Click to try again.')]);
  item.contextValue = `failure;error=${node.error}`;
  item.command = {
    command: 'guestbench.refreshGuests',
    title: vscode.l10n.t('Try Again'),
    arguments: [{ guests: [node.guest] }],
  };
  return item;
}

function missingItem(node: Extract<GuestNode, { kind: 'missing' }>): vscode.TreeItem {
  const { check, title, benchmark } = node.lack;
  const text =
    check.state === 'missing' ? vscode.l10n.t('package {0} is missing', check.package) : check.reason;
  const item = leaf(`${node.guest}/missing/${benchmark}`, title, text, 'package', 'list.warningForeground');
  item.tooltip =
    check.state === 'missing' && check.install !== undefined
      ? visibleLines([
          vscode.l10n.t('{0} needs {1}. To install it:', title, check.command),
          ...check.install.split('\n'),
        ])
      : visibleLines(`${title}: ${text}`);
  item.contextValue = `missing;${check.state}`;
  item.command = {
    command: 'guestbench.prepareGuest',
    title: vscode.l10n.t('Prepare Guests'),
    arguments: [{ guests: [node.guest], benchmarks: [benchmark] }],
  };
  return item;
}

function leaf(
  id: string,
  label: string,
  description: string,
  icon?: string,
  color?: string,
): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
  item.id = `detail/${id}`;
  item.description = description;
  if (icon !== undefined) {
    item.iconPath = new vscode.ThemeIcon(
      icon,
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
  }
  return item;
}

function guestIcon(
  state: GuestState,
  activity: string | undefined,
  facts: Facts | undefined,
): vscode.ThemeIcon {
  if (state.kind === 'connecting' && !facts) return new vscode.ThemeIcon('loading~spin');
  if (state.kind === 'error')
    return new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'));
  if (activity !== undefined && !facts) return new vscode.ThemeIcon('loading~spin');
  return modeIcon(facts?.mode.mode ?? 'unknown');
}

function modeWord(facts: Facts): string {
  return facts.mode.confidence === 'likely'
    ? vscode.l10n.t('{0} (likely)', facts.mode.mode)
    : facts.mode.mode;
}

function stateWord(state: GuestState, activity: string | undefined): string {
  if (activity !== undefined) return activity;
  switch (state.kind) {
    case 'unknown':
      return vscode.l10n.t('not asked yet');
    case 'connecting':
      return vscode.l10n.t('connecting');
    case 'ready':
      return vscode.l10n.t('ready');
    case 'error':
      return errorWord(state.error);
  }
}

function errorWord(kind: Extract<GuestState, { kind: 'error' }>['error']): string {
  switch (kind) {
    case 'refused':
      return vscode.l10n.t('refused');
    case 'unreachable':
      return vscode.l10n.t('unreachable');
    case 'timeout':
      return vscode.l10n.t('no answer');
    case 'host-key-unknown':
      return vscode.l10n.t('host key to be confirmed');
    case 'host-key-changed':
    case 'host-key-revoked':
      return vscode.l10n.t('host key changed');
    case 'authentication':
    case 'key':
      return vscode.l10n.t('sign-in failed');
    case 'no-shell':
      return vscode.l10n.t('no shell');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
    case 'algorithms':
    case 'lost':
    case 'protocol':
    case 'other':
      return vscode.l10n.t('error');
  }
}

/** What to say when the probed mode is not the one the lab file states. */
function modeMismatch(guest: Guest, facts: Facts): string | undefined {
  if (guest.mode === undefined || facts.mode.mode === guest.mode || facts.mode.mode === 'unknown')
    return undefined;
  return vscode.l10n.t('The lab file says {0}, the guest is {1}.', guest.mode, facts.mode.mode);
}
