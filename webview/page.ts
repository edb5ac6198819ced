import { listed, plain } from '../src/report/format';
import type { SeveralFiles } from '../src/report/hostMessage';
import { oneBootLimit } from '../src/report/limits';
import type { ReportModel, ReportWarning, Verdict } from '../src/report/shape';
import { comparabilityId, comparabilityOf } from './comparabilityView';
import { AcrossView, type AcrossActions } from './acrossView';
import { el, linkButton, name, replace, setText, table, type Child } from './dom';
import { FilesView, type FileActions } from './filesView';
import { verdictMark } from './marks';
import type { PageActions, Shown } from './metricView';
import { OverviewView } from './overview';
import { pickerOf } from './picker';
import { inSlices } from './slices';
import { WorkloadView } from './workloadView';

/** As many as can be seen at first. */
const workloadsAtOnce = 4;

/** The whole page. Made once; each new model changes what differs and leaves the rest alone. */
export class Page {
  private readonly title = el('p', { class: 'title' });
  private readonly headline = el('h1', { 'aria-live': 'polite' });
  private readonly statusText = el('span', {});
  private readonly progress = el('progress', { 'aria-label': 'Trials finished' });
  private readonly tally = el('p', { class: 'tally' });
  private readonly picker = el('div', { class: 'picker' });
  private readonly warnings = el('section', { class: 'warnings', 'aria-label': 'Warnings' });
  private readonly openText: HTMLButtonElement;
  private readonly files: FilesView;
  private readonly across: AcrossView;
  private readonly pairTitle = el('h2', {}, 'One pair in detail');
  private readonly overview: OverviewView;
  private readonly workloads = el('div', {});
  private readonly workloadsTitle = el('h2', {}, 'Workload by workload');
  private readonly failures = el('section', {});
  private readonly comparability = el('section', { class: 'comparability' });
  private readonly facts = el('section', { class: 'facts' });
  private readonly about = el('section', { class: 'about' });
  private readonly views = new Map<string, WorkloadView>();
  private stopShowing: () => void = () => undefined;
  private isWhole = false;
  private afterwards: () => void = () => undefined;

  constructor(
    root: HTMLElement,
    private readonly actions: PageActions & FileActions & AcrossActions,
  ) {
    this.files = new FilesView(actions);
    this.across = new AcrossView(actions);
    this.overview = new OverviewView(actions);
    const copy = linkButton('Copy as Markdown', 'copy', 'Copy the report as Markdown', () =>
      actions.copyMarkdown(),
    );
    this.openText = linkButton('Open as Text', 'text', 'Open the experiment file as text', () =>
      actions.openText(),
    );
    const status = el('div', { class: 'status', role: 'status' }, this.statusText, this.progress);
    root.replaceChildren(
      el(
        'header',
        {},
        el('div', { class: 'top' }, this.title, el('div', { class: 'actions' }, copy, this.openText)),
        this.headline,
        this.tally,
        status,
        this.files.element,
      ),
      this.across.element,
      this.pairTitle,
      this.picker,
      this.warnings,
      this.overview.element,
      el('section', { class: 'workloads' }, this.workloadsTitle, this.workloads),
      this.failures,
      this.comparability,
      this.facts,
      this.about,
    );
    root.removeAttribute('aria-busy');
  }

  update(shown: Shown): void {
    const { model, candidate } = shown;
    const pair = model.pairs.find((one) => one.candidate === candidate);
    replace(this.title, name(model.title));
    setText(this.headline, model.across?.headline ?? pair?.headline ?? model.headline);
    this.across.update(model);
    this.pairTitle.hidden = model.across === undefined;
    this.tally.hidden = model.across !== undefined;
    const { state, text, finished, planned } = model.status;
    setText(this.statusText, text);
    this.progress.hidden = state !== 'running' && state !== 'paused';
    this.progress.max = Math.max(1, planned);
    this.progress.value = finished;
    replace(this.tally, ...tallyOf(shown));
    replace(this.picker, ...pickerOf(shown, this.actions));
    const notes = model.notes.map((note) => ({ id: 'note', severity: 'note', text: note }) as const);
    // What is only worth knowing stands with the checks, so that this list stays short.
    const grave = (pair?.warnings ?? []).filter(({ severity }) => severity !== 'note');
    const warnings = [...grave, ...notes];
    replace(this.warnings, ...warningsOf(warnings, grave.length > 0));
    this.warnings.hidden = warnings.length === 0;
    this.overview.update(shown);
    this.showWorkloads(shown);
    replace(this.failures, ...failuresOf(model, this.actions));
    replace(this.comparability, ...(pair === undefined ? [] : comparabilityOf(pair)));
    replace(this.facts, ...factsOf(model));
    replace(
      this.about,
      ...(model.experiments.some(({ imported }) => imported === undefined)
        ? aboutOf(model)
        : aboutImported(model)),
    );
  }

  /** Of a report over several files; its text is opened file by file. */
  showFiles(model: ReportModel, several: SeveralFiles | undefined): void {
    this.files.update(model, several);
    this.openText.hidden = several !== undefined;
  }

  /** Calls `then` when all workloads are shown, so that the page has its height. */
  whenWhole(then: () => void): void {
    if (this.isWhole) then();
    else this.afterwards = then;
  }

  private showWorkloads(shown: Shown): void {
    this.stopShowing();
    this.isWhole = false;
    const { metrics } = shown.model;
    const benchmarks = [...new Set(metrics.map(({ benchmark }) => benchmark))];
    this.workloadsTitle.hidden = benchmarks.length === 0;
    for (const [benchmark, view] of this.views) {
      if (benchmarks.includes(benchmark)) continue;
      view.close();
      view.element.remove();
      this.views.delete(benchmark);
    }
    for (const benchmark of benchmarks) {
      if (this.views.has(benchmark)) continue;
      const view = new WorkloadView(benchmark, this.actions);
      view.element.tabIndex = -1;
      this.views.set(benchmark, view);
      this.workloads.append(view.element);
    }
    for (const [benchmark, view] of this.views) {
      view.element.id = `workload-${metrics.findIndex((metric) => metric.benchmark === benchmark)}`;
    }
    this.stopShowing = inSlices(
      benchmarks,
      workloadsAtOnce,
      (benchmark) =>
        this.views.get(benchmark)?.update(
          shown,
          metrics.filter((metric) => metric.benchmark === benchmark),
        ),
      () => {
        this.isWhole = true;
        this.afterwards();
        this.afterwards = () => undefined;
      },
    );
  }
}

/** How the tested workloads came out, for the first glance. */
function tallyOf({ model, candidate }: Shown): Child[] {
  const found = model.metrics
    .filter(({ primary, better }) => primary && better !== 'none')
    .flatMap(({ comparisons }) => comparisons.find((one) => one.candidate === candidate) ?? []);
  const order = ['faster', 'slower', 'equivalent', 'inconclusive', 'insufficient', 'refused'] as const;
  const words = { insufficient: 'not enough yet', refused: 'without verdict' } as const;
  const parts = order.flatMap((verdict) => {
    const n = found.filter((one) => one.verdict === verdict).length;
    const word = verdict in words ? words[verdict as keyof typeof words] : verdict;
    return n === 0 ? [] : [verdictMark(verdict, `${n} ${word}`)];
  });
  const without: readonly Verdict[] = ['insufficient', 'refused', 'untested'];
  const decided = found.some(({ verdict }) => !without.includes(verdict));
  const isOfOneBoot = model.limits.includes(oneBootLimit);
  return [
    ...parts,
    decided && isOfOneBoot ? el('span', { class: 'muted' }, 'for this boot of the guests') : null,
  ];
}

const severityMarks = { refusal: '✕ No verdicts', warning: '⚠ Warning', note: 'ℹ Note' } as const;

function warningsOf(warnings: readonly ReportWarning[], hasChecks: boolean): Child[] {
  const toChecks = linkButton(
    'What that can do, and all checks',
    'checks',
    'Go to all checks of comparability',
    () => {
      const target = document.getElementById(comparabilityId);
      target?.scrollIntoView({ block: 'start' });
      target?.focus({ preventScroll: true });
    },
  );
  return [
    el(
      'ul',
      {},
      ...warnings.map(({ severity, text }) =>
        el('li', { class: severity }, el('strong', {}, severityMarks[severity]), ' ', name(text)),
      ),
    ),
    hasChecks ? toChecks : null,
  ];
}

const outcomes = { failed: 'failed', cancelled: 'cancelled', lost: 'lost' } as const;

function failuresOf(model: ReportModel, actions: PageActions): Child[] {
  if (model.failures.length + model.setAside.length === 0) return [];
  const rows = model.failures.map(({ trial: index, guest, benchmarkTitle, outcome, reason }): Child[] => {
    const trial = model.trials[index];
    return [
      name(benchmarkTitle),
      name(guest),
      trial === undefined ? '–' : trial.warmup ? 'warm-up' : String(trial.block),
      outcomes[outcome],
      name(reason),
      trial === undefined
        ? '–'
        : linkButton('Output', `failure:${index}`, plain(`Output of ${trial.id}`), () =>
            actions.openOutput(trial.id, trial.experiment),
          ),
    ];
  });
  const columns = ['Workload', 'Guest', 'Block', 'Outcome', 'Reason', 'Output'].map((title) => ({ title }));
  return [
    el('h2', {}, 'Failures'),
    model.setAside.length === 0
      ? null
      : el(
          'ul',
          {},
          ...model.setAside.map(({ benchmarkTitle, guest, reason }) =>
            el('li', {}, name(benchmarkTitle), ' was set aside on ', name(guest), ': ', name(reason)),
          ),
        ),
    ...(rows.length === 0
      ? []
      : [
          el(
            'p',
            {},
            model.experiments.some(({ imported }) => imported === undefined)
              ? 'A trial that failed takes its whole block out of the comparison; its figures are never used.'
              : 'A run that failed has no figure, so it is in no mean.',
          ),
          table('Trials that gave no figures', columns, rows),
        ]),
  ];
}

function factsOf(model: ReportModel): Child[] {
  if (model.facts.length === 0 || model.guests.length === 0) return [];
  const differing = model.facts.filter(({ differs }) => differs).map(({ label }) => label);
  const rows = model.facts.map(({ label, values, differs }): Child[] => [
    label,
    ...values.map((value) => (value === null ? '–' : name(value))),
    ...(model.guests.length > 1 ? [differs ? '≠ differs' : new Set(values).size === 1 ? 'same' : ''] : []),
  ]);
  const columns = [
    { title: 'Fact' },
    ...model.guests.map(({ key }) => ({ title: plain(key) })),
    ...(model.guests.length > 1 ? [{ title: 'Same?' }] : []),
  ];
  const sentence =
    model.guests.length < 2
      ? ''
      : differing.length === 0
        ? 'As far as is known, the guests are alike.'
        : `The guests differ in: ${listed(
            differing.map((label) => label),
            20,
          )}.`;
  return [
    el('h2', {}, model.guests.length > 1 ? 'The guests side by side' : 'The guest'),
    sentence === '' ? null : el('p', {}, sentence),
    table(
      model.experiments.some(({ imported }) => imported === undefined)
        ? 'Facts found by the probe at the start'
        : 'Facts as the imported results give them',
      columns,
      rows,
      (row) => (model.facts[row]?.differs === true ? 'differs' : undefined),
    ),
  ];
}

function aboutOf({ limits, experiments, statistics, metrics }: ReportModel): Child[] {
  if (experiments.length === 0) return [];
  const level = Number((100 * (1 - statistics.alpha)).toPrecision(3));
  const margin = Number((100 * statistics.margin).toPrecision(3));
  const tested = metrics.filter(({ primary, better }) => primary && better !== 'none').length;
  const how =
    statistics.plan === 'anystop'
      ? `The ${level} % intervals hold at every number of blocks from 4 to ${statistics.maxBlocks} together, so stopping early does not spoil them.`
      : `The ${level} % intervals hold for a number of blocks that was fixed beforehand.`;
  return [
    el('h2', {}, 'How to read this'),
    el(
      'ul',
      {},
      ...limits.map((limit) => el('li', {}, limit)),
      el(
        'li',
        {},
        'Speedup: how many times as fast as the baseline; above 1 is better for every metric, also where lower values are better.',
      ),
      el(
        'li',
        {},
        `${how} Equivalent: the whole interval lies within ±${margin} %. Faster and slower: the interval excludes 1, and it survives Holm’s correction over all ${tested} planned workloads and pairs.`,
      ),
    ),
    ...experiments.map(({ label, startedAt, endedAt, seed, guestbench }) =>
      el(
        'p',
        { class: 'muted' },
        name(label),
        ` · started ${dateText(startedAt)}${endedAt === undefined ? '' : ` · ended ${dateText(endedAt)}`} · seed ${seed} · Guestbench ${plain(guestbench)}`,
      ),
    ),
  ];
}

function aboutImported({ experiments }: ReportModel): Child[] {
  if (experiments.length === 0) return [];
  return [
    el('h2', {}, 'How to read this'),
    el(
      'ul',
      {},
      el(
        'li',
        {},
        'Speedup: the ratio of the means, turned so that above 1 is better for every metric, also where lower values are better.',
      ),
      el(
        'li',
        {},
        'Nothing tells which runs were made side by side, so drift of the host cannot be told from a difference of the guests: there is no interval, no test and no verdict, however far a ratio is from 1.',
      ),
    ),
    ...experiments.map(({ label, imported }) =>
      el(
        'p',
        { class: 'muted' },
        name(label),
        ...(imported?.source === undefined ? [] : [' · from ', name(imported.source)]),
        ...(imported?.statement === undefined ? [] : [' · ', name(imported.statement)]),
      ),
    ),
  ];
}

function dateText(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? plain(iso) : date.toLocaleString();
}
