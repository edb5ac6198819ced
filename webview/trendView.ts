import {
  count,
  formatInterval,
  formatPercent,
  formatSpeedup,
  formatValue,
  formatWithUnit,
  plain,
} from '../src/report/format';
import type { TrendPageMessage } from '../src/report/trendProtocol';
import type { TrendLine, TrendModel, TrendOption, TrendPoint } from '../src/report/trendShape';
import { el, linkButton, name, replace, setText, table, type Child, type Column } from './dom';
import { experimentShape } from './experimentMarks';
import { verdictMark } from './marks';
import { pictureWidth, postPicture } from './picture';
import { saveButton } from './saveChart';
import { svg } from './svg';
import { eventsOf, trendChart } from './trendChart';

/** Of a page that is not laid out, as in tests. */
const usualWidth = 800;

/** The page of a trend. Made once; each new model changes what differs. */
export class TrendPage {
  private readonly title = el('p', { class: 'title' });
  private readonly headline = el('h1', { 'aria-live': 'polite' });
  private readonly reading = el('div', { class: 'status', role: 'status' });
  private readonly pickers = el('div', { class: 'picker' });
  private readonly notes = el('section', { class: 'warnings', 'aria-label': 'Notes' });
  private readonly legend = el('p', { class: 'legend' });
  private readonly box = el('div', { class: 'trend-box' });
  private readonly save = saveButton('trend', 'the trend', () => this.savePicture());
  private readonly events = el('section', {});
  private readonly numbers = el('section', { class: 'trend-numbers' });
  private readonly leftOut = el('section', {});
  private readonly watcher: ResizeObserver | undefined;
  private last: TrendModel | undefined;
  private drawnWidth = 0;

  constructor(
    root: HTMLElement,
    private readonly post: (message: TrendPageMessage) => void,
  ) {
    const folder = linkButton('Another Folder', 'folder', 'Show the trend of another folder', () =>
      post({ type: 'chooseFolder' }),
    );
    root.replaceChildren(
      el(
        'header',
        {},
        el('div', { class: 'top' }, this.title, el('div', { class: 'actions' }, folder)),
        this.headline,
        this.reading,
      ),
      this.pickers,
      this.notes,
      this.legend,
      this.box,
      this.save,
      this.events,
      this.numbers,
      this.leftOut,
    );
    root.removeAttribute('aria-busy');
    if (typeof ResizeObserver === 'undefined') return;
    this.watcher = new ResizeObserver(() => {
      if (this.box.clientWidth !== this.drawnWidth) this.draw();
    });
    this.watcher.observe(this.box);
  }

  update(model: TrendModel): void {
    this.last = model;
    replace(this.title, 'Trend · ', name(model.folder), ` · ${count(model.experiments, 'experiment')}`);
    setText(this.headline, model.headline);
    replace(this.reading, ...this.readingOf(model));
    replace(this.pickers, ...this.pickersOf(model));
    this.notes.hidden = model.notes.length === 0;
    replace(this.notes, el('ul', {}, ...model.notes.map(noteOf)));
    replace(this.legend, ...legendOf(model));
    this.draw();
    replace(this.events, ...eventList(model));
    replace(this.numbers, ...this.numbersOf(model));
    replace(this.leftOut, ...this.leftOutOf(model));
  }

  close(): void {
    this.watcher?.disconnect();
  }

  private draw(): void {
    const model = this.last;
    const hasPoints = model?.lines.some(({ points }) => points.length > 0) === true;
    this.box.hidden = !hasPoints;
    this.save.hidden = !hasPoints;
    if (model === undefined || !hasPoints) return;
    this.drawnWidth = this.box.clientWidth;
    const width = this.drawnWidth > 0 ? this.drawnWidth : usualWidth;
    const label = `Chart over time. ${model.headline} The table below has the same numbers.`;
    replace(
      this.box,
      trendChart(model, width, label, (file) => this.open(file)),
    );
  }

  private savePicture(): void {
    const model = this.last;
    if (model === undefined) return;
    const chart = trendChart(model, pictureWidth, model.headline, () => undefined);
    for (const point of chart.querySelectorAll('.point')) {
      point.removeAttribute('role');
      point.removeAttribute('aria-label');
    }
    const picture = {
      name: [model.metric, model.subject].join(' '),
      title: this.titleOf(model),
      sentence: model.headline,
      chart,
      keys: [
        ...model.lines.map(({ name: text }, index) => ({
          sign: experimentShape(index, 16, 0, 5, `mark filled tone-${index % 5}`),
          text: plain(text),
        })),
        ...signsOf(model).map((text) => ({ text })),
      ],
    };
    void postPicture(picture, this.post);
  }

  private titleOf({ metrics, metric, folder }: TrendModel): string {
    const chosen = metrics.find(({ key }) => key === metric)?.title ?? '';
    return plain(`Trend of ${chosen} in ${folder}`);
  }

  private open(file: string): void {
    this.post({ type: 'open', file });
  }

  private readingOf({ reading }: TrendModel): Child[] {
    if (reading === undefined) return [];
    const { state, read, total } = reading;
    const bar = el('progress', { 'aria-label': 'Files read', max: String(total), value: String(read) });
    return state === 'reading'
      ? [
          el('span', {}, `Reading: ${read} of ${count(total, 'file')}`),
          bar,
          linkButton('Cancel', 'cancel', 'Stop reading files', () => this.post({ type: 'cancel' })),
        ]
      : [
          el('span', {}, `Only ${read} of ${count(total, 'file')} were read`),
          linkButton('Read the Others', 'read', 'Read the other files', () => this.post({ type: 'read' })),
        ];
  }

  private pickersOf({ metrics, subjects, metric, subject }: TrendModel): Child[] {
    const picker = (
      id: string,
      label: string,
      options: readonly TrendOption[],
      chosen: string | undefined,
    ): Child => {
      if (options.length === 0) return null;
      const select = el('select', { id, 'data-focus': id });
      for (const { key, title, points } of options) {
        const option = el('option', { value: key }, `${title} (${count(points, 'experiment')})`);
        option.selected = key === chosen;
        select.append(option);
      }
      select.addEventListener('change', () => this.choose());
      return el('span', { class: 'pick' }, el('label', { for: id }, label), select);
    };
    return [
      picker('pick-metric', 'Metric', metrics, metric),
      picker('pick-subject', 'of', subjects, subject),
    ];
  }

  /** By what the page shows: the host may not have answered the last choice yet. */
  private choose(): void {
    const chosen = (id: string) => this.pickers.querySelector<HTMLSelectElement>(`#${id}`)?.value;
    const [metric, subject] = [chosen('pick-metric'), chosen('pick-subject')];
    this.post({
      type: 'choose',
      ...(metric === undefined ? {} : { metric }),
      ...(subject === undefined ? {} : { subject }),
    });
  }

  private numbersOf(model: TrendModel): Child[] {
    if (model.lines.length === 0) return [];
    const isSpeedup = model.kind === 'speedup';
    const unit = model.unit === '' ? '' : ` (${model.unit})`;
    const columns: Column[] = [
      { title: 'Started' },
      { title: 'Experiment' },
      ...(model.lines.length > 1 ? [{ title: isSpeedup ? 'Pair' : 'Guest' }] : []),
      { title: isSpeedup ? 'Speedup' : `Geometric mean${unit}`, number: 'number' },
      { title: isSpeedup ? 'Interval' : 'Smallest to largest', number: 'number' },
      { title: isSpeedup ? 'Blocks' : 'n', number: 'number' },
      ...(isSpeedup ? [{ title: 'Verdict' }] : [{ title: 'CV', number: 'number' as const }]),
      { title: 'Since the point before' },
    ];
    const rows = model.lines
      .flatMap((line) => line.points.map((point) => ({ line, point })))
      .sort((a, b) => Date.parse(a.point.startedAt) - Date.parse(b.point.startedAt))
      .map(({ line, point }) => this.rowOf(model, line, point));
    const only = model.lines.length === 1 ? ` of ${model.lines[0]?.name ?? ''}` : '';
    return [el('h2', {}, 'The numbers'), table(`Every point of the chart${only}`, columns, rows)];
  }

  private rowOf(model: TrendModel, line: TrendLine, point: TrendPoint): Child[] {
    const isSpeedup = model.kind === 'speedup';
    const { centre, spread, file, label } = point;
    const link = linkButton('', `row:${line.name}:${file}`, `Open the report of ${label}`, () =>
      this.open(file),
    );
    link.append(name(label));
    const aside = [
      ...(point.origin === 'measured' ? [] : [point.origin]),
      ...(point.hasEnded ? [] : ['not ended']),
    ];
    const range = spread === null ? '–' : `${formatValue(spread[0])} to ${formatValue(spread[1])}`;
    const verdict =
      point.verdict === undefined ? '–' : verdictMark(point.verdict, point.word ?? point.verdict);
    const since = [...point.apart.map((why) => `not joined: ${why}`), ...point.changes];
    return [
      new Date(point.startedAt).toLocaleString(),
      el(
        'span',
        {},
        link,
        aside.length === 0 ? null : el('span', { class: 'aside' }, ` (${aside.join(', ')})`),
      ),
      ...(model.lines.length > 1 ? [name(line.name)] : []),
      isSpeedup ? formatSpeedup(centre) : formatWithUnit(centre, ''),
      isSpeedup ? formatInterval(spread) : range,
      String(point.n),
      isSpeedup ? verdict : formatPercent(point.cvPercent),
      since.length === 0 ? '–' : name(since.join('; ')),
    ];
  }

  private leftOutOf({ leftOut }: TrendModel): Child[] {
    if (leftOut.length === 0) return [];
    const groups = leftOut.map(({ reason, files }) =>
      el(
        'li',
        {},
        el(
          'details',
          {},
          el('summary', {}, name(reason), ` (${count(files.length, 'experiment')})`),
          el(
            'ul',
            {},
            ...files.map(({ file, label }) =>
              el(
                'li',
                {},
                name(label),
                ' ',
                linkButton('Open Report', `left:${file}`, `Open the report of ${label}`, () =>
                  this.open(file),
                ),
              ),
            ),
          ),
        ),
      ),
    );
    return [
      el('h2', {}, 'Left out, and why'),
      el('p', {}, 'What was not measured alike is in no line of this chart.'),
      el('ul', { class: 'left-out' }, ...groups),
    ];
  }
}

function noteOf(note: string): HTMLElement {
  return el('li', { class: 'note' }, el('strong', {}, 'ℹ Note'), ' ', name(note));
}

function legendOf(model: TrendModel): Child[] {
  const { lines } = model;
  if (lines.length === 0) return [];
  return [
    ...lines.map(({ name: line }, index) => {
      const picture = svg('svg', {
        viewBox: '-8 -8 16 16',
        class: 'experiment-shape',
        'aria-hidden': 'true',
      });
      picture.append(experimentShape(index, 0, 0, 5, `mark filled tone-${index % 5}`));
      const item = el('span', { class: 'trend-key' });
      item.append(picture, name(line));
      return item;
    }),
    ...signsOf(model).map((text) => el('span', {}, text)),
  ];
}

/** What the lines and marks of the chart stand for, beside those of the guests. */
function signsOf({ lines, kind }: TrendModel): readonly string[] {
  const isForeign = lines.some(({ points }) => points.some(({ origin }) => origin !== 'measured'));
  return [
    kind === 'speedup' ? '├─┤ interval' : '├─┤ smallest to largest trial',
    '┆ a numbered line: something changed',
    'no line between points: not comparable',
    ...(isForeign ? ['hollow: imported or published figures'] : []),
  ];
}

/** What the numbers in the chart stand for. */
function eventList(model: TrendModel): Child[] {
  const events = eventsOf(model);
  if (events.length === 0) return [];
  const items = events.map(({ number, kind, text, line, point }) =>
    el(
      'li',
      { value: String(number) },
      el('strong', {}, kind === 'change' ? 'Changed: ' : 'Not joined: '),
      name(text),
      el('span', { class: 'muted' }, ' · before the experiment '),
      el('em', {}, name(point.label)),
      model.lines.length > 1 ? el('span', { class: 'muted' }, ' · ', name(line)) : null,
    ),
  );
  return [el('h2', {}, 'What changed on the way'), el('ol', {}, ...items)];
}
