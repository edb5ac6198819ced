import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { readExperiment } from '../experiment/journal';
import type { TrialRecord } from '../model/experiment';

const scheme = 'guestbench-output';

/** The address of a trial's output as a read-only document. */
export function trialOutputUri(experimentFile: vscode.Uri, trial: string): vscode.Uri {
  return vscode.Uri.from({
    scheme,
    path: `/${path.basename(experimentFile.path)}/${trial}.log`,
    query: experimentFile.fsPath,
    fragment: trial,
  });
}

/** Shows what a trial printed, read from its experiment file. */
export class TrialOutputs implements vscode.TextDocumentContentProvider {
  static readonly scheme = scheme;

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const read = readExperiment(await readFile(uri.query, 'utf8'));
    if (read.status === 'error') return vscode.l10n.t('{0}, line {1}: {2}', uri.query, read.line, read.error);
    const records = read.experiment.trials.filter((record) => record.trial.id === uri.fragment);
    if (records.length === 0) return vscode.l10n.t('There is no output of trial {0}.', uri.fragment);
    return records.map(recordText).join('\n');
  }
}

function recordText(record: TrialRecord): string {
  const { trial } = record;
  const head = [
    `${trial.benchmark} on ${trial.guest}, ${trial.warmup ? 'warm-up' : `round ${trial.round}`} (${trial.id})`,
    `started ${record.startedAt}${record.endedAt === undefined ? '' : `, ended ${record.endedAt}`}`,
    `${record.status}${record.exitCode === undefined || record.exitCode === null ? '' : `, exit code ${record.exitCode}`}`,
    ...(record.reason === undefined ? [] : [record.reason]),
    ...record.measurements.map((m) => `${m.id} = ${m.value} ${m.unit}`),
    ...(record.missingBytes > 0
      ? [`${record.missingBytes} bytes of output are not in the experiment file`]
      : []),
  ];
  return [
    ...head.map((line) => `# ${line}`),
    '',
    '# standard output',
    record.stdout,
    ...(record.stderr === '' ? [] : ['# standard error', record.stderr]),
  ].join('\n');
}
