import { count, formatBytes, formatDuration, formatPercent, formatValue, plain } from '../src/report/format';
import type { ReportLoad, ReportTrial } from '../src/report/shape';
import { el, linkButton, replace, setText, table, type Child, type Column, type TableRow } from './dom';
import { loadChart, loadPicture } from './loadChart';
import { guestMark } from './marks';
import type { PageActions } from './metricView';
import type { Picture } from './picture';
import { saveButton } from './saveChart';
import { shortName, shownGuests, type Shown } from './sides';

interface Row {
  readonly trial: ReportTrial;
  readonly load: ReportLoad;
}

/** What the guests did during the trials of one workload: a line, behind it a table, and the course of one trial. */
export class LoadView {
  readonly element: HTMLDetailsElement;
  private readonly summary = el('summary', {});
  private readonly rows = el('div', {});
  private readonly course = el('div', { class: 'course' });
  private chosen: string | undefined;
  private last: { readonly shown: Shown; readonly rows: readonly Row[] } | undefined;

  constructor(
    benchmark: string,
    private readonly actions: PageActions,
  ) {
    const key = `load:${benchmark}`;
    this.element = el('details', { class: 'more load' }, this.summary, this.rows, this.course);
    this.element.open = actions.isOpen(key);
    this.element.addEventListener('toggle', () => {
      actions.setOpen(key, this.element.open ? 'open' : 'closed');
      this.render();
    });
  }

  update(shown: Shown, benchmark: string): void {
    const guests = shownGuests(shown).map(({ guest }) => guest.key);
    const rows = shown.model.trials.flatMap((trial): Row[] =>
      trial.benchmark === benchmark && guests.includes(trial.guest) && trial.load !== undefined
        ? [{ trial, load: trial.load }]
        : [],
    );
    this.last = { shown, rows };
    this.element.hidden = rows.length === 0;
    setText(this.summary, summaryOf(shown, rows));
    this.render();
  }

  /** Filled when it is open only: a report can hold tens of thousands of trials. */
  private render(): void {
    if (this.last === undefined || !this.element.open) {
      this.rows.replaceChildren();
      this.course.replaceChildren();
      return;
    }
    const { shown, rows } = this.last;
    replace(
      this.rows,
      loadTable(shown, rows, (id) => this.choose(id)),
    );
    const row = rows.find(({ trial }) => idOf(trial) === this.chosen);
    replace(
      this.course,
      ...(row === undefined ? [] : courseOf(row, (picture) => this.actions.savePicture(picture))),
    );
  }

  private choose(id: string): void {
    this.chosen = this.chosen === id ? undefined : id;
    this.render();
  }
}

const idOf = ({ id, experiment, startedAt }: ReportTrial): string => `${experiment}:${id}:${startedAt}`;

function summaryOf(shown: Shown, rows: readonly Row[]): string {
  const parts = shownGuests(shown).flatMap(({ guest }) => {
    const own = rows.filter(({ trial }) => trial.guest === guest.key);
    const compared = own.filter(({ trial }) => !trial.warmup);
    const counted = compared.length > 0 ? compared : own;
    if (counted.length === 0) return [];
    const mean = (of: (load: ReportLoad) => number): string =>
      formatPercent(counted.reduce((sum, { load }) => sum + of(load), 0) / counted.length);
    return `${shortName(shown, guest)}: user ${mean((load) => load.userPercent)}, system ${mean((load) => load.systemPercent)}, steal ${mean((load) => load.stealPercent)}`;
  });
  return `Load during the trials · ${parts.join(' · ')}`;
}

/** What belongs together stands in lines of one cell, so that the table has room in a narrow panel. */
function loadTable(shown: Shown, rows: readonly Row[], choose: (id: string) => void): HTMLElement {
  const has = (given: (load: ReportLoad) => unknown): boolean =>
    rows.some(({ load }) => given(load) !== undefined);
  const hasHost = has(({ host }) => host);
  const hasRates = has(({ contextSwitchesPerSecond }) => contextSwitchesPerSecond);
  const hasMemory = has(({ minimumAvailableBytes }) => minimumAvailableBytes);
  const stacked = (...titles: readonly string[]): Column => ({
    title: titles.join(', '),
    number: 'number',
    head: lines(...titles),
  });
  const columns: Column[] = [
    { title: 'Block' },
    { title: 'Guest' },
    ...['User', 'System', 'I/O wait', 'Steal'].map((title) => ({ title, number: 'number' as const })),
    ...(hasRates ? [stacked('Switches/s', 'Interrupts/s')] : []),
    ...(hasMemory ? [stacked('Pressure', 'Least memory')] : []),
    ...(hasHost ? [stacked('Own', 'dom0', 'Others')] : []),
  ];
  const roles = new Map(shownGuests(shown).map(({ guest, role }) => [guest.key, role]));
  const cellsOf = ({ trial, load }: Row): Child[] => {
    const { host } = load;
    const id = idOf(trial);
    const chart = linkButton('Chart', `load:${id}`, plain(`Course of the load of ${trial.id}`), () =>
      choose(id),
    );
    return [
      trial.warmup ? 'warm-up' : String(trial.block),
      lines(
        guestMark(shown.model, trial.guest, roles.get(trial.guest) ?? 'baseline'),
        ...(load.series === undefined ? [] : [chart]),
      ),
      ...[load.userPercent, load.systemPercent, load.iowaitPercent, load.stealPercent].map(formatPercent),
      ...(hasRates
        ? [lines(perSecond(load.contextSwitchesPerSecond), perSecond(load.interruptsPerSecond))]
        : []),
      ...(hasMemory ? [lines(pressureText(load), bytesText(load.minimumAvailableBytes))] : []),
      ...(hasHost
        ? [lines(...[host?.ownPercent, host?.dom0Percent, host?.othersPercent].map(formatPercent))]
        : []),
    ];
  };
  const cells = rows.map(
    (row): TableRow =>
      () =>
        cellsOf(row),
  );
  const host = hasHost ? '; domains of the host in percent of one physical CPU, as dom0 saw them' : '';
  const rates = hasRates ? ', context switches, interrupts' : '';
  const memory = hasMemory ? ', highest memory pressure, least memory available' : '';
  const caption = `Load of each trial: percent of all CPU time of the guest${rates}${memory}${host}`;
  return table(caption, columns, cells, (row) => (rows[row]?.trial.warmup === true ? 'warmup' : undefined));
}

const lines = (...parts: readonly (Node | string)[]): HTMLElement =>
  el('div', { class: 'lines' }, ...parts.map((part) => el('div', {}, part)));

const bytesText = (bytes: number | undefined): string => (bytes === undefined ? '–' : formatBytes(bytes));

const perSecond = (rate: number | undefined): string => formatValue(rate && Math.round(rate));

/** Highest in any second; where the kernel does not tell, what it swapped. */
function pressureText({ maximumMemoryPressurePercent, swappedPagesPerSecond }: ReportLoad): string {
  if (maximumMemoryPressurePercent !== undefined) return formatPercent(maximumMemoryPressurePercent);
  return swappedPagesPerSecond === undefined ? '–' : `${formatValue(swappedPagesPerSecond)} pages/s swapped`;
}

function courseOf({ trial, load }: Row, save: (picture: Picture) => void): Child[] {
  const { series } = load;
  if (series === undefined) return [];
  const every = formatDuration(series.intervalMs);
  const block = trial.warmup ? 'the warm-up' : `block ${trial.block}`;
  const what = `${block} on ${plain(trial.guest)}`;
  const rows = series.userPercent.map((user, index): Child[] => [
    formatDuration(index * series.intervalMs),
    ...[user, series.systemPercent[index], series.iowaitPercent[index], series.stealPercent[index]].map(
      formatPercent,
    ),
  ]);
  const columns = ['From', 'User', 'System', 'I/O wait', 'Steal'].map((title) => ({
    title,
    number: 'number' as const,
  }));
  return [
    el('h4', {}, `Course of ${what}`),
    loadChart(load, series, what),
    saveButton(`load:${idOf(trial)}`, `the load of ${what}`, () =>
      save(loadPicture(load, series, what, plain(trial.id))),
    ),
    el(
      'details',
      {},
      el('summary', {}, `Figures of the chart (${count(rows.length, 'point')})`),
      table(`CPU use in spans of ${every}, in percent`, columns, rows),
    ),
  ];
}
