import { geometricMeans, geometricMeanTitle, mostDrawnMetrics } from '../src/report/charts/acrossGroups';
import { experimentLetter } from '../src/report/charts/experimentShapes';
import { labelOf } from '../src/report/charts/scale';
import { formatInterval, formatSpeedup, formatValue, plain } from '../src/report/format';
import type { AcrossChoice, AcrossMetric, AcrossReport } from '../src/report/acrossShape';
import type { ReportModel } from '../src/report/shape';
import {
  acrossInWords,
  acrossRemarks,
  bareEstimateKey,
  experimentLabel,
  hasBareEstimate,
} from '../src/report/acrossWords';
import { acrossIntervalTitle, acrossMarginText, changeMarks, ownLevel } from '../src/report/wording';
import { acrossChart } from './acrossChart';
import { el, name, replace, setText, table, type Child, type Column } from './dom';
import { experimentMark } from './experimentMarks';
import { numberColumn, verdictMark } from './marks';
import type { PageActions } from './metricView';
import { pictureWidth } from './picture';
import { saveButton } from './saveChart';
import { svg } from './svg';

const allKey = 'across:all';
const guestsKey = 'across:guests';
/** Of a page that is not laid out, as in tests. */
const usualWidth = 800;

export interface AcrossActions extends Pick<PageActions, 'isOpen' | 'setOpen' | 'savePicture'> {
  follow(choice: AcrossChoice): void;
}

/** The same comparison within each of several experiments: one forest, one table, and what cannot be followed. */
export class AcrossView {
  readonly element = el('section', { class: 'across' });
  private readonly title = el('h2', {});
  private readonly picker = el('div', { class: 'picker' });
  private readonly refusals = el('ul', { class: 'remarks' });
  private readonly legend = el('p', { class: 'legend', 'aria-hidden': 'true' });
  private readonly box = el('div', { class: 'across-box' });
  private readonly toggle = el('input', { type: 'checkbox', id: 'across-all', 'data-focus': 'across-all' });
  private readonly toggleLabel = el(
    'label',
    { class: 'toggle', for: 'across-all' },
    this.toggle,
    ' Also show metrics that are not tested',
  );
  private readonly save = saveButton('across', 'the experiments', () => this.savePicture());
  private readonly numbers = el('div', {});
  private readonly changes = el('div', {});
  private readonly guests = el('div', {});
  private readonly guestDetails = el(
    'details',
    {},
    el('summary', {}, 'The guests as they measured'),
    this.guests,
  );
  private readonly facts = el('div', { class: 'facts' });
  private readonly watcher: ResizeObserver | undefined;
  private last: ReportModel | undefined;
  private drawnWidth = 0;

  constructor(private readonly actions: AcrossActions) {
    this.element.hidden = true;
    this.save.hidden = true;
    this.toggle.checked = actions.isOpen(allKey);
    this.toggle.addEventListener('change', () => {
      actions.setOpen(allKey, this.toggle.checked ? 'open' : 'closed');
      if (this.last) this.update(this.last);
    });
    this.guestDetails.open = actions.isOpen(guestsKey);
    this.guestDetails.addEventListener('toggle', () =>
      actions.setOpen(guestsKey, this.guestDetails.open ? 'open' : 'closed'),
    );
    this.element.append(
      this.title,
      this.picker,
      this.refusals,
      this.legend,
      this.box,
      el('div', { class: 'below' }, this.save, this.toggleLabel),
      this.changes,
      this.numbers,
      this.guestDetails,
      this.facts,
    );
    if (typeof ResizeObserver === 'undefined') return;
    this.watcher = new ResizeObserver(() => {
      if (this.box.clientWidth !== this.drawnWidth) this.draw();
    });
    this.watcher.observe(this.box);
  }

  update(model: ReportModel): void {
    this.last = model;
    const { across } = model;
    this.element.hidden = across === undefined;
    if (across === undefined) return;
    const { chosen } = across;
    setText(
      this.title,
      chosen === undefined
        ? 'Across the experiments'
        : `${chosen.candidate} against ${chosen.baseline}, experiment by experiment`,
    );
    replace(this.picker, ...pickerOf(across, (choice) => this.actions.follow(choice)));
    replace(this.refusals, ...refusalsOf(across));
    this.refusals.hidden = this.refusals.childElementCount === 0;
    this.toggleLabel.hidden = !across.metrics.some(({ primary }) => !primary);
    const shown = this.shownMetrics(across);
    replace(
      this.legend,
      el('span', {}, `A mark and its ${acrossIntervalTitle(across)} for each experiment`),
      hasBareEstimate(this.drawnMetrics(across)) ? el('span', {}, bareEstimateKey) : null,
      el('span', {}, el('span', { class: 'band' }), ` ${acrossMarginText(across)}`),
    );
    this.draw();
    this.legend.hidden = this.box.hidden;
    this.save.hidden = this.box.hidden;
    replace(this.changes, ...changesOf(across, shown));
    replace(this.numbers, shown.length === 0 ? null : numbersTable(across, shown));
    const guests = guestRows(across, shown);
    this.guestDetails.hidden = guests.length === 0;
    replace(this.guests, ...guestsOf(across, guests));
    replace(this.facts, ...factsOf(across));
  }

  close(): void {
    this.watcher?.disconnect();
  }

  private shownMetrics({ metrics }: AcrossReport): readonly AcrossMetric[] {
    return metrics.filter(({ primary, better }) => better !== 'none' && (primary || this.toggle.checked));
  }

  private drawnMetrics(across: AcrossReport): readonly AcrossMetric[] {
    return this.shownMetrics(across).slice(0, mostDrawnMetrics);
  }

  private savePicture(): void {
    const across = this.last?.across;
    if (across === undefined) return;
    const drawn = this.drawnMetrics(across);
    const sentence = plain(acrossInWords(across, drawn));
    this.actions.savePicture({
      name: 'across',
      title: this.title.textContent,
      sentence: plain(across.headline),
      chart: acrossChart(across, drawn, pictureWidth, sentence),
      keys: [
        { text: `A mark and its ${acrossIntervalTitle(across)} for each experiment` },
        ...(hasBareEstimate(drawn) ? [{ text: bareEstimateKey }] : []),
        {
          sign: svg('rect', { class: 'margin', x: 0, y: -6, width: 24, height: 12 }),
          text: acrossMarginText(across),
        },
      ],
    });
  }

  private draw(): void {
    const across = this.last?.across;
    if (across === undefined) return;
    const drawn = this.drawnMetrics(across);
    const hasMarks = drawn.some(({ entries }) => entries.some(({ speedup }) => speedup !== null));
    this.box.hidden = !hasMarks;
    if (!hasMarks) return;
    this.drawnWidth = this.box.clientWidth;
    const width = this.drawnWidth > 0 ? this.drawnWidth : usualWidth;
    this.box.replaceChildren(acrossChart(across, drawn, width, plain(acrossInWords(across, drawn))));
  }
}

function choiceKey({ by, baseline, candidate }: AcrossChoice): string {
  return JSON.stringify([by, baseline, candidate]);
}

function pickerOf(across: AcrossReport, follow: (choice: AcrossChoice) => void): Child[] {
  const { choices, chosen } = across;
  if (choices.length < 2) return [];
  const select = el('select', { id: 'pick-across', 'data-focus': 'pick-across' });
  for (const choice of choices) {
    const kind = choice.by === 'mode' ? 'mode' : 'guest';
    const text = plain(`${choice.candidate} against ${choice.baseline} (by ${kind})`);
    const option = el('option', { value: choiceKey(choice) }, text);
    option.selected = chosen !== undefined && choiceKey(chosen) === choiceKey(choice);
    select.append(option);
  }
  select.addEventListener('change', () => {
    const picked = choices.find((choice) => choiceKey(choice) === select.value);
    if (picked) follow(picked);
  });
  return [el('span', { class: 'pick' }, el('label', { for: 'pick-across' }, 'Follow'), select)];
}

/** Experiments without a comparison, and metrics that were not measured alike: never left out in silence. */
function refusalsOf(across: AcrossReport): Child[] {
  return acrossRemarks(across, across.metrics).map(({ experiment, text, metrics }) =>
    el(
      'li',
      {},
      labelled(across, experiment),
      ': ',
      name(text),
      metrics === '' ? null : el('span', { class: 'muted' }, ` (${metrics})`),
    ),
  );
}

function changesOf(across: AcrossReport, metrics: readonly AcrossMetric[]): Child[] {
  const level = acrossIntervalTitle(across);
  const rows = metrics.flatMap((metric) =>
    metric.changes.map((change): Child[] => [
      name(labelOf(metric)),
      el(
        'span',
        { class: 'from-to' },
        experimentMark(change.from),
        ' → ',
        experimentMark(change.to),
        el(
          'span',
          { class: 'hidden-text' },
          plain(` ${experimentLabel(across, change.from)} to ${experimentLabel(across, change.to)}`),
        ),
      ),
      el('strong', { class: `change ${change.verdict}` }, changeMarks[change.verdict]),
      formatSpeedup(change.ratio),
      formatInterval(change.interval),
      name(change.sentence),
    ]),
  );
  if (rows.length === 0) return [];
  const columns: Column[] = [
    { title: 'Metric' },
    { title: 'From → to' },
    { title: 'Advantage' },
    { title: 'Times', number: 'number' },
    { title: level, number: 'number' },
    { title: 'In words' },
  ];
  const caption = 'How the speedup changed: that of the later experiment divided by that of the earlier one';
  return [el('h3', {}, 'What changed'), table(caption, columns, rows)];
}

const labelled = (across: AcrossReport, experiment: number): HTMLElement =>
  el('span', {}, experimentMark(experiment), ' ', name(experimentLabel(across, experiment)));

function numbersTable(across: AcrossReport, metrics: readonly AcrossMetric[]): HTMLElement {
  const level = acrossIntervalTitle(across);
  const columns: Column[] = [
    { title: 'Metric' },
    { title: 'Experiment' },
    { title: 'Verdict' },
    ...['Speedup', level, 'Blocks'].map(numberColumn),
    { title: 'Measured' },
  ];
  const rows = metrics.flatMap((metric) =>
    metric.entries.map((entry): Child[] => [
      name(labelOf(metric)),
      labelled(across, entry.experiment),
      verdictMark(entry.verdict, entry.word),
      formatSpeedup(entry.speedup),
      formatInterval(entry.interval) + (entry.interval === null ? '' : ownLevel(across, entry.experiment)),
      String(entry.n),
      entry.differs.length === 0 ? 'alike' : name(entry.differs.join('; ')),
    ]),
  );
  for (const { experiment, speedup, interval } of geometricMeans(across)) {
    const figures = [formatSpeedup(speedup), formatInterval(interval)];
    rows.push([geometricMeanTitle, labelled(across, experiment), '', ...figures, '', '']);
  }
  return table('Each metric in each experiment, by the experiment’s own statistics', columns, rows);
}

interface GuestRow {
  readonly metric: AcrossMetric;
  readonly guest: AcrossMetric['guests'][number];
}

function guestRows({ metrics }: AcrossReport, shown: readonly AcrossMetric[]): GuestRow[] {
  return metrics
    .filter((metric) => shown.includes(metric))
    .flatMap((metric) => metric.guests.map((guest) => ({ metric, guest })));
}

function guestsOf({ experiments }: AcrossReport, rows: readonly GuestRow[]): Child[] {
  if (rows.length === 0) return [];
  const columns: Column[] = [
    { title: 'Metric' },
    { title: 'Guest' },
    ...experiments.map(({ experiment, label }) => ({
      title: plain(`${experimentLetter(experiment)} ${label}`),
      number: 'number' as const,
    })),
    { title: 'In words' },
  ];
  const cells = rows.map(({ metric, guest }): Child[] => [
    name(labelOf(metric)),
    name(guest.name),
    ...experiments.map(({ experiment }): Child => {
      const found = guest.entries.find((one) => one.experiment === experiment);
      return found === undefined
        ? '–'
        : name(`${formatValue(found.geometricMean)} ${metric.unit} (n ${found.n})`);
    }),
    name(guest.changes.map(({ sentence }) => sentence).join(' ')),
  ]);
  return [
    el(
      'p',
      {},
      'Geometric means of the trials. The experiments were made at different times, so a difference between two columns is no verdict on anything.',
    ),
    table('Means of the same guests in each experiment', columns, cells),
  ];
}

function factsOf({ facts, experiments }: AcrossReport): Child[] {
  if (facts.length === 0) return [];
  const columns: Column[] = [
    { title: 'Fact' },
    ...experiments.map(({ experiment, label }) => ({
      title: plain(`${experimentLetter(experiment)} ${label}`),
    })),
  ];
  const rows = facts.map(({ label, values }): Child[] => [
    name(label),
    ...values.map((value) => (value === null ? '–' : name(value))),
  ]);
  return [
    el('h3', {}, 'What else differs between the experiments'),
    table('Facts that could explain a change', columns, rows, (row) =>
      facts[row]?.differs === true ? 'differs' : undefined,
    ),
  ];
}
