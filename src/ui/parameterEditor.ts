import * as vscode from 'vscode';
import { presets, type Benchmark, type Preset } from '../benchmarks/benchmark';
import { fieldsOf, problemWith, type Field, type Value } from '../benchmarks/parameterFields';
import type { PlannedBenchmark } from '../experiment/prepare';
import type { BenchmarkRef } from '../model/experiment';
import type { Lab, Parameters } from '../model/lab';
import { aboutDuration } from './duration';
import { changed, explained, explainedWithDefault, sameValue, shown, summary } from './parameterWords';
import { askText, back, pickOne, pickSome, type Back } from './quickInput';
import type { Services } from './services';
import { showStatus } from './visible/messages';

/** What is edited: a benchmark of a plan or suite with all its parameters. */
export interface Entry extends PlannedBenchmark {
  readonly ref: BenchmarkRef;
}

/** What the editor is for: a run that follows, or a suite of the lab file. */
export interface Purpose {
  /** The title of a question about this. */
  title(about: string): string;
  /** The label of what ends the editing. */
  readonly finish: string;
  /** The name that is offered for the suite. */
  readonly suite: string;
}

type Action =
  | { readonly kind: 'finish' | 'save' | 'done' }
  | { readonly kind: 'reset'; readonly preset: Preset }
  | { readonly kind: 'open'; readonly index: number };
/** What is to be done, and the entries as they are by then. */
interface Chosen {
  readonly entries: readonly Entry[];
  readonly action: Action;
}
type ActionItem = vscode.QuickPickItem & { readonly action?: Action };

/** Shows and changes the parameters of benchmarks until they are to be used; `back`: they are not. */
export async function editParameters(
  services: Services,
  entries: readonly Entry[],
  purpose: Purpose,
): Promise<readonly Entry[] | Back> {
  let edited = entries;
  let active = 0;
  for (;;) {
    const [only, more] = edited;
    const chosen =
      only !== undefined && more === undefined
        ? await editOne(only, purpose, 'whole')
        : await pickEntry(edited, purpose, active);
    if (chosen === back) return back;
    const { action } = chosen;
    edited = chosen.entries;
    if (action.kind === 'finish') return edited;
    if (action.kind === 'save') await saveSuite(services, edited, purpose);
    else if (action.kind === 'reset') edited = edited.map((entry) => reset(entry, action.preset));
    else if (action.kind === 'open') {
      active = action.index;
      edited = await editAt(edited, action.index, purpose);
    }
  }
}

/** The benchmarks, when there are several. */
async function pickEntry(
  entries: readonly Entry[],
  purpose: Purpose,
  active: number,
): Promise<Chosen | Back> {
  const rows = entries.map(({ benchmark, parameters }, index): ActionItem => ({
    label: benchmark.title,
    description: summary(fieldsOf(benchmark), parameters),
    detail: benchmark.description,
    action: { kind: 'open', index },
  }));
  const items = [
    ...endings(purpose),
    separator(vscode.l10n.t('Benchmarks')),
    ...rows,
    separator(vscode.l10n.t('Start over')),
    ...resets(entries),
  ];
  const picked = await pickOne({
    title: purpose.title(vscode.l10n.t('Parameters')),
    prompt: vscode.l10n.t('Choose a benchmark to change its parameters'),
    items,
    active: rows[active],
  });
  return picked === back || picked.action === undefined ? back : { entries, action: picked.action };
}

async function editAt(entries: readonly Entry[], index: number, purpose: Purpose): Promise<readonly Entry[]> {
  const entry = entries[index];
  if (entry === undefined) return entries;
  const result = await editOne(entry, purpose, 'part');
  if (result === back) return entries;
  return entries.toSpliced(index, 1, ...result.entries);
}

/** The parameters of one benchmark, until something else is to be done; as a part of several it is only done with. */
async function editOne(entry: Entry, purpose: Purpose, role: 'whole' | 'part'): Promise<Chosen | Back> {
  const fields = fieldsOf(entry.benchmark);
  let { parameters } = entry;
  let active: number | undefined;
  for (;;) {
    const rows = fields.map((field, index): ActionItem => fieldRow(field, parameters[field.name], index));
    const present = { ...entry, parameters };
    const items = [
      ...(role === 'whole' ? endings(purpose) : [done(entry.benchmark)]),
      separator(vscode.l10n.t('Parameters')),
      ...rows,
      separator(vscode.l10n.t('Start over')),
      ...resets([entry]),
    ];
    const picked = await pickOne({
      title: purpose.title(entry.benchmark.title),
      prompt: vscode.l10n.t(
        'Choose a parameter to change it; a trial now takes {0}',
        aboutDuration(entry.benchmark.estimateSeconds(parameters)),
      ),
      items,
      active: active === undefined ? items[0] : rows[active],
    });
    if (picked === back) return role === 'part' ? { entries: [present], action: { kind: 'done' } } : back;
    const { action } = picked;
    if (action?.kind === 'open') {
      active = action.index;
      parameters = await changedAt(entry.benchmark, fields[action.index], parameters, purpose);
    } else if (action?.kind === 'reset') {
      parameters = reset(present, action.preset).parameters;
    } else if (action !== undefined) return { entries: [present], action };
  }
}

function fieldRow(field: Field, value: Value | undefined, index: number): ActionItem {
  const now = shown(field, value);
  return {
    label: field.name,
    description: sameValue(value, field.preset)
      ? now
      : vscode.l10n.t('{0} (default {1})', now, shown(field, field.preset)),
    detail: explained(field),
    action: { kind: 'open', index },
  };
}

function endings({ finish }: Purpose): readonly ActionItem[] {
  return [
    { label: finish, iconPath: new vscode.ThemeIcon('check'), action: { kind: 'finish' } },
    {
      label: vscode.l10n.t('Save as a Suite in the Lab File...'),
      iconPath: new vscode.ThemeIcon('save'),
      action: { kind: 'save' },
    },
  ];
}

function done({ title }: Benchmark): ActionItem {
  return {
    label: vscode.l10n.t('Done with {0}', title),
    iconPath: new vscode.ThemeIcon('check'),
    action: { kind: 'done' },
  };
}

function resets(entries: readonly Entry[]): readonly ActionItem[] {
  return presets.map((preset) => {
    const seconds = entries.reduce(
      (sum, { benchmark }) => sum + benchmark.estimateSeconds(benchmark.presets[preset]),
      0,
    );
    return {
      label: vscode.l10n.t('Reset to {0}', preset),
      description: vscode.l10n.t('{0} a trial of each', aboutDuration(seconds)),
      iconPath: new vscode.ThemeIcon('discard'),
      action: { kind: 'reset', preset },
    };
  });
}

const reset = (entry: Entry, preset: Preset): Entry => ({
  ...entry,
  parameters: { ...entry.benchmark.presets[preset] },
});

function separator(label: string): ActionItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

async function changedAt(
  benchmark: Benchmark,
  field: Field | undefined,
  parameters: Parameters,
  purpose: Purpose,
): Promise<Parameters> {
  if (field === undefined) return parameters;
  const title = purpose.title(vscode.l10n.t('{0}, {1}', benchmark.title, field.name));
  const value = await askValue(benchmark, field, parameters[field.name], title);
  return value === back ? parameters : { ...parameters, [field.name]: value };
}

/** The question that fits what a parameter takes. */
async function askValue(
  benchmark: Benchmark,
  field: Field,
  now: Value | undefined,
  title: string,
): Promise<Value | Back> {
  const { type } = field;
  const question = { title, prompt: explainedWithDefault(field) };
  if (type.kind === 'one-of' || type.kind === 'some-of') {
    const items = type.words.map((label) => ({
      label,
      description: label === field.preset ? vscode.l10n.t('default') : '',
    }));
    const given: readonly unknown[] = Array.isArray(now) ? now : [now];
    const selected = items.filter(({ label }) => given.includes(label));
    if (type.kind === 'some-of') {
      const picked = await pickSome({ ...question, items, selected });
      return picked === back ? back : picked.map(({ label }) => label);
    }
    const picked = await pickOne({ ...question, items, active: selected[0] });
    return picked === back ? back : picked.label;
  }
  const read = (text: string): Value => (type.kind === 'number' ? numberIn(text) : text.trim());
  const typed = await askText({
    ...question,
    value: now === undefined ? '' : String(now),
    judge: (text) => {
      const problem = problemWith(benchmark, field.name, read(text));
      return problem === undefined ? undefined : `${field.name} ${problem}`;
    },
  });
  return typed === back ? back : read(typed);
}

const numberIn = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));

async function saveSuite(services: Services, entries: readonly Entry[], purpose: Purpose): Promise<void> {
  const { suites } = services.lab.lab;
  const name = await askText({
    title: purpose.title(vscode.l10n.t('Save as a Suite')),
    prompt: vscode.l10n.t('Name of the suite in {0}', services.lab.uri.fsPath),
    value: purpose.suite,
    judge: (text) => {
      if (text.trim() === '') return vscode.l10n.t('Enter a name.');
      if (suites[text.trim()] === undefined) return undefined;
      const message = vscode.l10n.t(
        'There is a suite "{0}" in the lab file; it will be replaced.',
        text.trim(),
      );
      return { message, severity: vscode.InputBoxValidationSeverity.Warning };
    },
  });
  if (name === back) return;
  await services.lab.setSuite(name.trim(), suiteEntries(entries));
  showStatus('check', vscode.l10n.t('Guestbench: suite "{0}" saved', name.trim()), 10_000);
}

/** As the lab file has them: what is left out keeps its default. */
export function suiteEntries(entries: readonly Entry[]): Lab['suites'][string] {
  return entries.map(({ ref, benchmark, parameters }) => {
    const own = changed(fieldsOf(benchmark), parameters);
    return {
      ...(ref.benchmark === undefined ? { benchmark: ref.id } : { benchmark: ref.benchmark, as: ref.id }),
      ...(Object.keys(own).length === 0 ? {} : { parameters: own }),
    };
  });
}
