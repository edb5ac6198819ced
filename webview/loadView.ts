import { count, formatBytes, formatDuration, formatPercent, formatValue, plain } from '../src/report/format';
import type { ReportLoad, ReportTrial } from '../src/report/shape';
import { el, linkButton, replace, setText, table, type Child, type Column } from './dom';
import { loadChart } from './loadChart';
import { guestMark } from './marks';
import type { PageActions, Shown } from './metricView';

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

  constructor(benchmark: string, actions: PageActions) {
    const key = `load:${benchmark}`;
    this.element = el('details', { class: 'more load' }, this.summary, this.rows, this.course);
    this.element.open = actions.isOpen(key);
    this.element.addEventListener('toggle', () => {
      actions.setOpen(key, this.element.open ? 'open' : 'closed');
      this.render();
    });
  }

  update(shown: Shown, benchmark: string): void {
    const { model, baseline, candidate } = shown;
    const guests = baseline === undefined ? [model.guests[0]?.key] : [baseline, candidate];
    const rows = model.trials.flatMap((trial): Row[] =>
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
    replace(this.course, ...(row === undefined ? [] : courseOf(row)));
  }

  private choose(id: string): void {
    this.chosen = this.chosen === id ? undefined : id;
    this.render();
  }
}

const idOf = ({ id, experiment, startedAt }: ReportTrial): string => `${experiment}:${id}:${startedAt}`;

function summaryOf({ model }: Shown, rows: readonly Row[]): string {
  const guests = [...new Set(rows.map(({ trial }) => trial.guest))];
  const parts = guests.map((key) => {
    const own = rows.filter(({ trial }) => trial.guest === key && !trial.warmup);
    const mode = model.guests.find((guest) => guest.key === key)?.mode ?? 'unknown';
    const mean = (of: (load: ReportLoad) => number): string =>
      formatPercent(own.reduce((sum, { load }) => sum + of(load), 0) / Math.max(1, own.length));
    return `${mode === 'unknown' ? key : mode}: user ${mean((load) => load.userPercent)}, system ${mean((load) => load.systemPercent)}, steal ${mean((load) => load.stealPercent)}`;
  });
  return `Load during the trials · ${parts.join(' · ')}`;
}

function loadTable(shown: Shown, rows: readonly Row[], choose: (id: string) => void): HTMLElement {
  const { model, baseline } = shown;
  const hasHost = rows.some(({ load }) => load.host !== undefined);
  const columns: Column[] = [
    { title: 'Block' },
    { title: 'Guest' },
    { title: 'Course' },
    ...['User', 'System', 'I/O wait', 'Steal'].map((title) => ({ title, number: 'number' as const })),
    { title: 'Switches/s', number: 'number' },
    { title: 'Interrupts/s', number: 'number' },
    { title: 'Pressure', number: 'number' },
    { title: 'Least memory', number: 'number' },
    ...(hasHost
      ? ['Own domain', 'dom0', 'Others'].map((title) => ({ title, number: 'number' as const }))
      : []),
  ];
  const cells = rows.map(({ trial, load }): Child[] => {
    const { host } = load;
    const role = trial.guest === baseline || baseline === undefined ? 'baseline' : 'candidate';
    const id = idOf(trial);
    return [
      trial.warmup ? 'warm-up' : String(trial.block),
      guestMark(model, trial.guest, role),
      load.series === undefined
        ? '–'
        : linkButton('Chart', `load:${id}`, plain(`Course of the load of ${trial.id}`), () => choose(id)),
      ...[load.userPercent, load.systemPercent, load.iowaitPercent, load.stealPercent].map(formatPercent),
      formatValue(load.contextSwitchesPerSecond && Math.round(load.contextSwitchesPerSecond)),
      formatValue(load.interruptsPerSecond && Math.round(load.interruptsPerSecond)),
      pressureText(load),
      load.minimumAvailableBytes === undefined ? '–' : formatBytes(load.minimumAvailableBytes),
      ...(hasHost
        ? [host?.ownPercent, host?.dom0Percent, host?.othersPercent].map((value) => formatPercent(value))
        : []),
    ];
  });
  const host = hasHost ? '; domains of the host in percent of one physical CPU, as dom0 saw them' : '';
  const caption = `Load of each trial: percent of all CPU time of the guest, context switches, interrupts, highest memory pressure, least memory available${host}`;
  return table(caption, columns, cells, (row) => (rows[row]?.trial.warmup === true ? 'warmup' : undefined));
}

/** Highest in any second; where the kernel does not tell, what it swapped. */
function pressureText({ maximumMemoryPressurePercent, swappedPagesPerSecond }: ReportLoad): string {
  if (maximumMemoryPressurePercent !== undefined) return formatPercent(maximumMemoryPressurePercent);
  return swappedPagesPerSecond === undefined ? '–' : `${formatValue(swappedPagesPerSecond)} pages/s swapped`;
}

function courseOf({ trial, load }: Row): Child[] {
  const { series } = load;
  if (series === undefined) return [];
  const every = formatDuration(series.intervalMs);
  const block = trial.warmup ? 'the warm-up' : `block ${trial.block}`;
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
    el('h4', {}, `Course of ${block} on ${plain(trial.guest)}`),
    loadChart(load, series, `${block} on ${plain(trial.guest)}`),
    el(
      'details',
      {},
      el('summary', {}, `Figures of the chart (${count(rows.length, 'point')})`),
      table(`CPU use in spans of ${every}, in percent`, columns, rows),
    ),
  ];
}
