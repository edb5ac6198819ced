import { plain } from '../src/report/format';
import { headWorkloads, type HostMessage, type SeveralFiles } from '../src/report/hostMessage';
import { oneBootLimit } from '../src/report/limits';
import { howToRead } from '../src/report/reading';
import type { ReportExperiment, ReportModel, ReportWarning, Verdict } from '../src/report/shape';
import { factsSentence, tallyLead } from '../src/report/wording';
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
  private isFilled = false;
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

  /** `part`: the model is what is seen first, without trials; the whole one follows. */
  update(shown: Shown, part?: HostMessage['part']): void {
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
    const warnings = [...notes, ...grave];
    replace(this.warnings, ...warningsOf(warnings, grave.length > 0));
    this.warnings.hidden = warnings.length === 0;
    this.overview.update(shown);
    this.showWorkloads(shown, part);
    replace(this.failures, ...failuresOf(model, this.actions));
    replace(this.comparability, ...(pair === undefined ? [] : comparabilityOf(pair)));
    replace(this.facts, ...factsOf(model));
    replace(this.about, ...aboutOf(model));
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

  private showWorkloads(shown: Shown, part: HostMessage['part']): void {
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
    const fill = (benchmark: string) =>
      this.views.get(benchmark)?.update(
        shown,
        metrics.filter((metric) => metric.benchmark === benchmark),
      );
    if (part === 'head') {
      benchmarks.slice(0, headWorkloads).forEach(fill);
      return;
    }
    // What is there already can be a moment late, so that the page answers a choice at once.
    const atOnce = this.isFilled ? 0 : workloadsAtOnce;
    this.isFilled = true;
    this.stopShowing = inSlices(benchmarks, atOnce, fill, () => {
      this.isWhole = true;
      this.afterwards();
      this.afterwards = () => undefined;
    });
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
  const { candidateLabel } = model.pairs.find((pair) => pair.candidate === candidate) ?? {};
  const isOfOneBoot = model.limits.includes(oneBootLimit);
  return [
    parts.length === 0 || candidateLabel === undefined
      ? null
      : el('span', {}, tallyLead(plain(candidateLabel), found.length)),
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
  const sentence = model.guests.length < 2 ? '' : factsSentence(model.facts);
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

function aboutOf(model: ReportModel): Child[] {
  if (model.experiments.length === 0) return [];
  const isMeasured = model.experiments.some(({ imported }) => imported === undefined);
  return [
    el('h2', {}, 'How to read this'),
    el('ul', {}, ...howToRead(model).map((sentence) => el('li', {}, sentence))),
    ...model.experiments.map((one) => (isMeasured ? originOf(one) : importOf(one))),
  ];
}

function originOf({ label, startedAt, endedAt, seed, guestbench }: ReportExperiment): HTMLElement {
  const ended = endedAt === undefined ? '' : ` · ended ${dateText(endedAt)}`;
  return el(
    'p',
    { class: 'muted' },
    name(label),
    ` · started ${dateText(startedAt)}${ended} · seed ${seed} · Guestbench ${plain(guestbench)}`,
  );
}

function importOf({ label, imported }: ReportExperiment): HTMLElement {
  return el(
    'p',
    { class: 'muted' },
    name(label),
    ...(imported?.source === undefined ? [] : [' · from ', name(imported.source)]),
    ...(imported?.statement === undefined ? [] : [' · ', name(imported.statement)]),
  );
}

function dateText(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? plain(iso) : date.toLocaleString();
}
