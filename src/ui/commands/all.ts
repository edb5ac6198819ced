import type { Services } from '../services';
import { addGuest } from './addGuest';
import { cleanUpGuest } from './cleanUpGuest';
import { compareExperiments } from './compareExperiments';
import { connectGuest } from './connectGuest';
import { deleteExperiment } from './deleteExperiment';
import { editGuest } from './editGuest';
import { editSuite } from './editSuite';
import { exportReport } from './exportReport';
import { forgetGuest } from './forgetGuest';
import { importResults } from './importResults';
import { openAsText } from './openAsText';
import { openLabFile } from './openLabFile';
import { openReport } from './openReport';
import { openSampleReport } from './openSampleReport';
import { prepareGuest } from './prepareGuest';
import { refreshExperiments } from './refreshExperiments';
import { refreshGuests } from './refreshGuests';
import { removeGuest } from './removeGuest';
import { resumeExperiment } from './resumeExperiment';
import { runBenchmarks } from './runBenchmarks';
import { showTrend } from './showTrend';
import { stopExperiment } from './stopExperiment';
import { takeOverGuest } from './takeOverGuest';
import { tryBenchmark } from './tryBenchmark';

type Command = (services: Services, ...args: readonly unknown[]) => Promise<unknown>;

/** Every command of the manifest but Show Log, which works before anything is loaded. */
export const commands: Readonly<Record<string, Command>> = {
  'guestbench.addGuest': addGuest,
  'guestbench.cleanUpGuest': cleanUpGuest,
  'guestbench.compareExperiments': compareExperiments,
  'guestbench.connectGuest': connectGuest,
  'guestbench.deleteExperiment': deleteExperiment,
  'guestbench.editGuest': editGuest,
  'guestbench.editSuite': editSuite,
  'guestbench.exportReport': exportReport,
  'guestbench.forgetGuest': forgetGuest,
  'guestbench.importResults': importResults,
  'guestbench.openAsText': openAsText,
  'guestbench.openLabFile': openLabFile,
  'guestbench.openReport': openReport,
  'guestbench.openSampleReport': openSampleReport,
  'guestbench.prepareGuest': prepareGuest,
  'guestbench.refreshExperiments': refreshExperiments,
  'guestbench.refreshGuests': refreshGuests,
  'guestbench.removeGuest': removeGuest,
  'guestbench.resumeExperiment': resumeExperiment,
  'guestbench.runBenchmarks': runBenchmarks,
  'guestbench.showTrend': showTrend,
  'guestbench.stopExperiment': stopExperiment,
  'guestbench.takeOverGuest': takeOverGuest,
  'guestbench.tryBenchmark': tryBenchmark,
};
