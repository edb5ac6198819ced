import type { Experiment } from '../model/experiment';
import type { ComparedBy } from './shape';

/** Of guests that were not rebooted: what one boot brings along cannot be told from the mode. */
export const oneBootLimit =
  'Verdicts hold for this boot: the guests are not rebooted between rounds, so an effect that comes and goes with a boot counts as the mode.';

const manyBootsLimit =
  'The guests are rebooted before each round, so that the offset that each boot has averages out.';

const replicatesLimit =
  'The guests of a mode are its replicates: each counts as one value, and the interval holds for modes as far as these guests stand for them. With two or three of each it is wide.';

/** What no verdict of a report can exclude, given how its experiments were made. */
export function limitsOf(experiments: readonly Pick<Experiment, 'plan'>[], by: ComparedBy): string[] {
  const isRebooted = experiments.every(({ plan }) => plan.reboot === 'each-round');
  if (by === 'mode') return [replicatesLimit, ...(isRebooted ? [manyBootsLimit] : [])];
  return [isRebooted ? manyBootsLimit : oneBootLimit];
}
