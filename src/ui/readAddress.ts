import type * as vscode from 'vscode';
import { readExperiment } from '../experiment/journal';
import { readExperimentFile } from '../experiment/readExperimentFile';
import { experimentFileBytes } from '../files/limits';
import type { ExperimentRead } from '../model/experiment';
import { isLocal, readText } from './addresses';

/** An experiment file wherever it is; a long one of this computer is read in pieces. */
export async function readAddress(uri: vscode.Uri): Promise<ExperimentRead> {
  return isLocal(uri)
    ? readExperimentFile(uri.fsPath)
    : readExperiment(await readText(uri, experimentFileBytes));
}
