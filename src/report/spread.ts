import { quantile } from '../statistics/location';
import type { Sample } from './shape';

/** How the compared trials of one guest lie: the least, the quartiles (type 7) and the greatest. */
export interface Spread {
  readonly least: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
  readonly greatest: number;
}

/** What the legend of a chart of trials calls it. */
export const spreadKey = '▯ at the right: middle half and median';

/** Of the samples in use; undefined without one. */
export function spreadOf(samples: readonly Sample[]): Spread | undefined {
  const values = samples.filter(({ use }) => use === 'used').map(({ value }) => value);
  if (values.length === 0) return undefined;
  const at = (probability: number) => quantile(values, probability);
  return { least: at(0), lower: at(0.25), median: at(0.5), upper: at(0.75), greatest: at(1) };
}
