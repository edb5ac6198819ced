import { count } from '../src/report/format';
import type { PreparationPageMessage } from '../src/report/preparationProtocol';
import type {
  CellState,
  Detour,
  PreparationCell,
  PreparationGuest,
  PreparationModel,
} from '../src/report/preparationShape';
import { el, name, replace, setText } from './dom';

export interface PrepareActions {
  post(message: PreparationPageMessage): void;
  /** Whether a cell's details are open. */
  isOpen(key: string): boolean;
  setOpen(key: string, to: 'open' | 'closed'): void;
}

/** A shape for each state, beside its word. */
const signs: Readonly<Record<CellState, string>> = {
  checking: '…',
  ready: '✓',
  missing: '↓',
  root: '#',
  absent: '∅',
  space: '▣',
  architecture: '⊘',
  source: '?',
  problem: '!',
  unreachable: '✕',
};

/** The page Prepare Guests: what can run where, the commands that install the rest, and the buttons. */
export class PreparePage {
  private readonly headline = el('h1', {});
  private readonly status = el('p', { class: 'muted', role: 'status', 'aria-live': 'polite' });
  private readonly table = el('div', { class: 'scroll matrix', tabindex: '0', role: 'region' });
  private readonly actions = el('div', { class: 'buttons', role: 'group', 'aria-label': 'What to do' });
  private readonly work = el('div', {});

  constructor(
    private readonly root: HTMLElement,
    private readonly host: PrepareActions,
  ) {
    this.table.setAttribute('aria-label', 'What can run on which guest');
  }

  update(model: PreparationModel): void {
    if (this.root.hasAttribute('aria-busy')) {
      this.root.removeAttribute('aria-busy');
      this.root.replaceChildren(this.headline, this.status, this.actions, this.table, this.work);
    }
    setText(this.headline, model.headline);
    setText(this.status, statusOf(model));
    replace(this.table, this.matrix(model));
    replace(this.actions, ...this.buttons(model));
    replace(this.work, ...this.guests(model));
  }

  private matrix(model: PreparationModel): HTMLElement {
    const head = model.guests.map(({ name: guest }) => el('th', { scope: 'col' }, name(guest)));
    const rows = model.benchmarks.map(({ id, title }, row) =>
      el(
        'tr',
        {},
        el('th', { scope: 'row' }, name(title)),
        ...(model.cells[row] ?? []).map((cell, column) =>
          this.cell(cell, `${id} ${model.guests[column]?.name ?? ''}`),
        ),
      ),
    );
    return el(
      'table',
      {},
      el('caption', {}, 'Benchmarks by guest'),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Benchmark'), ...head)),
      el('tbody', {}, ...rows),
    );
  }

  private cell({ state, word, text, details }: PreparationCell, key: string): HTMLElement {
    const label = [
      el('span', { class: 'sign', 'aria-hidden': 'true' }, signs[state]),
      el('span', { class: 'word' }, word),
    ];
    const more = text === '' ? null : el('span', { class: 'what' }, name(text));
    if (details === '') return el('td', { class: `state ${state}` }, el('div', {}, ...label), more);
    const fold = el(
      'details',
      {},
      el('summary', { 'data-focus': key }, ...label),
      el('p', {}, name(details)),
    );
    fold.open = this.host.isOpen(key);
    fold.addEventListener('toggle', () => this.host.setOpen(key, fold.open ? 'open' : 'closed'));
    return el('td', { class: `state ${state}` }, fold, more);
  }

  private buttons(model: PreparationModel): readonly HTMLElement[] {
    const isIdle = model.busy === 'no';
    const hasCommands = model.guests.some(({ commands }) => commands.length > 0);
    const buttons = [
      button('install', installText(model.installable), 'primary', () => this.host.post({ type: 'install' })),
      button('check', 'Check Again', 'plain', () => this.host.post({ type: 'check' })),
      button('copy', 'Copy Commands', 'plain', () => this.host.post({ type: 'copy' })),
      ...this.detours(model),
    ];
    const [install, check, copy] = buttons;
    if (install) install.disabled = !isIdle || model.installable === 0;
    if (check) check.disabled = !isIdle;
    if (copy) copy.disabled = !hasCommands;
    return buttons;
  }

  private detours(model: PreparationModel): readonly HTMLButtonElement[] {
    if (model.purpose !== 'run') return [];
    const without = (what: 'guests' | 'benchmarks', detour: Detour | undefined) =>
      detour
        ? [
            button(`without ${what}`, `Run Without ${shortList(detour.without)}`, 'plain', () =>
              this.host.post({ type: 'goOn', without: what }),
            ),
          ]
        : [];
    return [
      ...without('guests', model.withoutGuests),
      ...without('benchmarks', model.withoutBenchmarks),
      button('cancel', 'Cancel the Run', 'plain', () => this.host.post({ type: 'cancel' })),
    ];
  }

  private guests({ guests }: PreparationModel): readonly HTMLElement[] {
    return guests.flatMap((guest, place) =>
      guest.how === '' && guest.trouble === '' && guest.activity === '' ? [] : [this.guest(guest, place)],
    );
  }

  private guest(guest: PreparationGuest, place: number): HTMLElement {
    const copy = button(`copy ${guest.name}`, 'Copy', 'plain', () =>
      this.host.post({ type: 'copy', guest: place }),
    );
    copy.setAttribute('aria-label', `Copy the commands for ${guest.name}`);
    return el(
      'section',
      { class: 'work' },
      el(
        'div',
        { class: 'work-head' },
        el('h2', {}, name(guest.name)),
        guest.commands.length > 0 ? copy : null,
      ),
      guest.activity === '' ? null : el('p', {}, guest.activity),
      guest.trouble === ''
        ? null
        : el('p', { class: 'trouble' }, el('span', { 'aria-hidden': 'true' }, '! '), name(guest.trouble)),
      guest.how === '' ? null : el('p', { class: 'muted' }, name(guest.how)),
      guest.commands.length === 0 ? null : el('pre', { tabindex: '0' }, guest.commands.join('\n')),
    );
  }
}

function statusOf({ busy, cells }: PreparationModel): string {
  const all = cells.flat();
  const ready = all.filter(({ state }) => state === 'ready').length;
  const waiting = all.filter(({ state }) => state === 'checking').length;
  const done = `${ready} of ${count(all.length, 'check')} ready`;
  return busy === 'no' || waiting === 0 ? `${done}.` : `${done}, ${waiting} to come.`;
}

const installText = (guests: number): string =>
  guests === 0 ? 'Install…' : `Install on ${count(guests, 'Guest')}…`;

/** "a", "a and b", "a and 3 more": a button stays a button. */
function shortList(names: readonly string[]): string {
  const [first = '', second] = names;
  if (second === undefined) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} More`;
}

function button(
  key: string,
  text: string,
  look: 'primary' | 'plain',
  onClick: () => void,
): HTMLButtonElement {
  const made = el('button', { type: 'button', class: look, 'data-focus': key }, text);
  made.addEventListener('click', onClick);
  return made;
}
