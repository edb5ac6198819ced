import * as path from 'node:path';
import * as vscode from 'vscode';
import { benchmarksOf } from '../benchmarks/own';
import type { Experiment, TrialRecord } from '../model/experiment';
import type { FigurePlace } from '../report/lineOf';
import { placeInOutput, trialOutput } from '../report/trialOutput';
import { nameOf, uriOf } from './addresses';
import { readAddress } from './readAddress';
import { showStatus } from './visible/messages';

const scheme = 'guestbench-output';
const noticeMs = 8000;

/** The address of a trial's output as a read-only document. */
function trialOutputUri(experimentFile: vscode.Uri, trial: string): vscode.Uri {
  return vscode.Uri.from({
    scheme,
    path: `/${path.posix.basename(experimentFile.path)}/${trial}.log`,
    query: nameOf(experimentFile),
    fragment: trial,
  });
}

interface Outputs {
  readonly experiment: Experiment;
  readonly records: readonly TrialRecord[];
}

/** Shows what a trial printed, read from its experiment file. */
export class TrialOutputs implements vscode.TextDocumentContentProvider {
  private readonly texts = new Map<string, string>();

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const text = this.texts.get(uri.toString());
    if (text !== undefined) return text;
    const read = await readOutputs(uri.query, uri.fragment);
    return typeof read === 'string' ? read : trialOutput(read.records);
  }

  /** Opens a text of this window in an editor tab, read-only. */
  async showText(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme, path: `/${name}`, query: String(this.texts.size) });
    this.texts.set(uri.toString(), text);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Opens it in an editor tab; with the id of a metric, at the line its figure came from. */
  async show(experimentFile: vscode.Uri, trial: string, metric?: string): Promise<void> {
    const uri = trialOutputUri(experimentFile, trial);
    const place = metric === undefined ? undefined : await placeOf(uri, metric);
    await vscode.window.showTextDocument(uri, {
      preview: true,
      ...(place === undefined ? {} : { selection: rangeOf(place) }),
    });
    if (metric !== undefined && place === undefined) {
      showStatus(
        'info',
        vscode.l10n.t('The output has no line with this figure, so it is shown from its start.'),
        noticeMs,
      );
    }
  }
}

/** The experiment and the attempts of the trial; or why there are none, for people. */
async function readOutputs(file: string, trial: string): Promise<Outputs | string> {
  const read = await readAddress(uriOf(file));
  if (read.status === 'error') return vscode.l10n.t('{0}, line {1}: {2}', file, read.line, read.error);
  const { experiment } = read;
  const records = experiment.trials.filter((record) => record.trial.id === trial);
  if (records.length === 0) return vscode.l10n.t('There is no output of trial {0}.', trial);
  return { experiment, records };
}

async function placeOf(uri: vscode.Uri, metric: string): Promise<FigurePlace | undefined> {
  const read = await readOutputs(uri.query, uri.fragment);
  if (typeof read === 'string') return undefined;
  return placeInOutput(read.records, { id: metric, title: titleOf(read, metric) });
}

function titleOf({ experiment, records }: Outputs, metric: string): string | undefined {
  const planned = experiment.plan.benchmarks.find(({ id }) => id === records[0]?.trial.benchmark);
  const benchmark = benchmarksOf(experiment.lab).find(({ id }) => id === (planned?.benchmark ?? planned?.id));
  return benchmark?.metrics.find(({ id }) => id === metric)?.title;
}

function rangeOf({ line, start, end }: FigurePlace): vscode.Range {
  return new vscode.Range(line - 1, start, line - 1, end);
}
