import * as vscode from 'vscode';
import { benchmarksOf, definitionOf } from '../benchmarks/own';
import { shellText } from '../benchmarks/ownScripts';
import { isUpload, isUrl } from '../benchmarks/parameters';
import { resolveBenchmarks, type PlannedBenchmark } from '../experiment/prepare';
import type { Experiment } from '../model/experiment';
import type { Guest, Lab, Parameters } from '../model/lab';
import { plain } from '../report/format';
import { showWarningMessage } from './visible/messages';

/** Longer texts and lists are cut in the question; the document has them whole. */
const most = { letters: 240, lines: 24 } as const;

export interface ForeignOptions {
  readonly experiment: Experiment;
  /** The lab as it is on this computer. */
  readonly lab: Lab;
  /** The setting `guestbench.sources`. */
  readonly sources: Readonly<Record<string, string>>;
  /** An experiment that this computer started has the same id. */
  readonly isIdKnown: boolean;
}

/** One thing that resuming would do. `text` may be long: a script, say. */
interface Deed {
  readonly what: string;
  readonly text?: string;
}

/**
 * Asks before an experiment is resumed that this computer did not start: its file brings commands for guests of the
 * person's lab. `showAll` opens the whole of it as a text, and nothing is resumed then.
 * @throws CancellationError unless the person agrees.
 */
export async function confirmForeign(options: ForeignOptions, showAll: () => Promise<void>): Promise<void> {
  // The first button that does not close the dialog is the one that Enter presses; Escape presses VS Code's Cancel.
  const leave = { title: vscode.l10n.t('Do Not Resume') };
  const all = { title: vscode.l10n.t('Show All') };
  const resume = { title: vscode.l10n.t('Resume Foreign Experiment') };
  const lines = deedsOf(options).map(({ what, text }) =>
    text === undefined ? what : `${what} ${cut(text)}`,
  );
  const shown = lines.slice(0, most.lines);
  const detail = [
    vscode.l10n.t('Its file comes from another computer, or was changed. Resuming it does this:'),
    '',
    ...shown.map((line) => `• ${line}`),
    ...(lines.length > shown.length
      ? [vscode.l10n.t('• and {0} more: see Show All', lines.length - shown.length)]
      : []),
  ];
  const chosen = await showWarningMessage(
    vscode.l10n.t('Resume an experiment that this computer did not start?'),
    { modal: true, detail },
    leave,
    all,
    resume,
  );
  if (chosen === all) await showAll();
  if (chosen !== resume) throw new vscode.CancellationError();
}

/** All that resuming would do, with every script whole, as a text. */
export function foreignText(options: ForeignOptions): string {
  const deeds = deedsOf(options).map(({ what, text }) =>
    text === undefined ? `- ${plain(what)}` : `- ${plain(what)}\n${indented(text)}`,
  );
  return [
    vscode.l10n.t('What resuming this experiment would do'),
    '',
    ...deeds,
    '',
    vscode.l10n.t('Nothing of it is done until you choose Resume Foreign Experiment.'),
    '',
  ].join('\n');
}

function deedsOf(options: ForeignOptions): readonly Deed[] {
  const { experiment, lab, isIdKnown } = options;
  const { plan } = experiment;
  const planned = resolveBenchmarks(plan.benchmarks, benchmarksOf(experiment.lab));
  const own = planned.flatMap((one) => ownDeeds(experiment, one));
  const names = plan.guests.map(({ name }) => name);
  // What hurts most comes first: the question has room for some of it only.
  return [
    {
      what: vscode.l10n.t('Uses these guests of your lab:'),
      text: names.map((name) => guestWords(name, lab)).join(', '),
    },
    ...planned.flatMap((one) => lossDeeds(one)),
    ...planned.flatMap((one) => sourceDeeds(one, options)),
    ...(plan.reboot === 'each-round'
      ? [{ what: vscode.l10n.t('Every guest is rebooted before each round.') }]
      : []),
    ...own,
    ...recordedElsewhere(experiment.lab, lab, names).map((what) => ({ what })),
    ...planned.filter(({ benchmark }) => !isOwn(experiment, benchmark.id)).map(builtInDeed),
    ...hostDeeds(plan.guests, lab),
    ...(isIdKnown
      ? [
          {
            what: vscode.l10n.t(
              'It has the id of another experiment of this computer: what that one left on the guests is collected for it, or removed.',
            ),
          },
        ]
      : []),
  ];
}

function guestWords(name: string, lab: Lab): string {
  const guest = lab.guests.find((one) => one.name === name);
  return `${name} (${guest === undefined ? vscode.l10n.t('not in your lab') : placeOf(guest)})`;
}

/** How the guests of a recorded lab were reached, where the lab of this computer reaches them differently. */
export function recordedElsewhere(recorded: Lab, now: Lab, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const then = recorded.guests.find((guest) => guest.name === name);
    const today = now.guests.find((guest) => guest.name === name);
    if (then === undefined || today === undefined || placeOf(then) === placeOf(today)) return [];
    return vscode.l10n.t(
      '{0} was {1} when it was recorded, and is {2} in your lab: it may be another machine.',
      name,
      placeOf(then),
      placeOf(today),
    );
  });
}

function placeOf({ address, sshHost, user, port }: Guest): string {
  const where = sshHost === undefined ? (address ?? '') : `ssh ${sshHost}`;
  return `${user === undefined ? '' : `${user}@`}${where}${port === undefined ? '' : `:${port}`}`;
}

function ownDeeds(experiment: Experiment, { benchmark }: PlannedBenchmark): readonly Deed[] {
  const definition = definitionIn(experiment, benchmark.id);
  if (definition === undefined) return [];
  const scripts = { prepare: definition.prepare, command: definition.command, cleanup: definition.cleanup };
  const deeds = Object.entries(scripts).flatMap(([phase, script]) =>
    script === undefined
      ? []
      : { what: vscode.l10n.t('Runs its own {0} of {1}:', phase, benchmark.title), text: shellText(script) },
  );
  const packages = definition.packages ?? [];
  if (packages.length === 0) return deeds;
  return [
    ...deeds,
    { what: vscode.l10n.t('{0} needs the packages:', benchmark.title), text: packages.join(' ') },
  ];
}

const definitionIn = ({ plan, lab }: Experiment, id: string) => {
  const ref = plan.benchmarks.find((one) => one.id === id);
  return definitionOf(lab, ref?.benchmark ?? id);
};
const isOwn = (experiment: Experiment, id: string): boolean => definitionIn(experiment, id) !== undefined;

function builtInDeed({ benchmark, parameters }: PlannedBenchmark): Deed {
  // What is uploaded is not for the file to say.
  const words = Object.entries(parameters).filter(
    ([name, value]) => name !== benchmark.source?.parameter || !isUpload(String(value)),
  );
  return { what: vscode.l10n.t('Runs {0} with', benchmark.title), text: wordsOf(Object.fromEntries(words)) };
}

function lossDeeds({ benchmark, parameters }: PlannedBenchmark): readonly Deed[] {
  const loss = benchmark.confirmation?.(parameters);
  if (loss === undefined) return [];
  const what =
    loss.loses === 'everything'
      ? vscode.l10n.t('Overwrites everything on {0} of each guest ({1}).', loss.name, benchmark.title)
      : vscode.l10n.t('Reads from {0} of each guest ({1}).', loss.name, benchmark.title);
  return [{ what }];
}

function sourceDeeds(
  { benchmark, parameters }: PlannedBenchmark,
  { sources }: ForeignOptions,
): readonly Deed[] {
  const need = benchmark.source;
  const value = need === undefined ? undefined : parameters[need.parameter];
  if (need === undefined || typeof value !== 'string' || value === '') return [];
  const { title } = benchmark;
  if (isUpload(value)) {
    const own = sources[need.setting] ?? '';
    const what = own.startsWith('local:')
      ? vscode.l10n.t(
          'Uploads {0} of this computer, which your setting guestbench.sources names, for {1}.',
          own.slice('local:'.length),
          title,
        )
      : vscode.l10n.t('Needs a source for {0} that this computer has not got.', title);
    return [{ what }];
  }
  const what = isUrl(value)
    ? vscode.l10n.t('Has each guest download, build and run {0} ({1}).', value, title)
    : vscode.l10n.t('Builds and runs what is in {0} of each guest ({1}).', value, title);
  return [{ what }];
}

function hostDeeds(guests: Experiment['plan']['guests'], lab: Lab): readonly Deed[] {
  const names = new Set(guests.map(({ name }) => lab.guests.find((one) => one.name === name)?.host));
  return lab.hosts
    .filter(({ name, address }) => names.has(name) && address !== undefined)
    .map(({ name, address = '' }) => ({
      what: vscode.l10n.t('Reads the load of your host {0} ({1}).', name, address),
    }));
}

const wordsOf = (parameters: Parameters): string =>
  Object.entries(parameters)
    .filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(' ');

function cut(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ' ⏎ ');
  if (line.length <= most.letters) return line;
  const rest = vscode.l10n.t('… and {0} characters more: see Show All', line.length - most.letters);
  return `${line.slice(0, most.letters)}${rest}`;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${plain(line)}`)
    .join('\n');
