import type { Experiment } from '../model/experiment';
import { reportModel } from '../report/model';

/** The one sentence that a colleague can be told of an experiment. */
export function headlineOf(experiment: Experiment): string {
  return reportModel([experiment], {}).headline;
}
