import { count } from './format';
import type { ReportModel } from './shape';
import { familySize, intervalTitle, marginText } from './wording';

/** What a reader must know of the words and figures of a report, in sentences. */
export function howToRead(m: ReportModel): readonly string[] {
  if (m.experiments.some(({ imported }) => imported === undefined)) return measured(m);
  const isPublished = m.experiments.every((one) => one.imported?.from === 'published');
  return [
    `Speedup: ${isPublished ? 'the ratio as it was published' : 'the ratio of the means'}, turned so that above 1 is better for every metric, also where lower values are better.`,
    ...imported,
  ];
}

function measured({ limits, statistics, metrics }: ReportModel): readonly string[] {
  const interval = intervalTitle(statistics);
  const how =
    statistics.plan === 'anystop'
      ? `The ${interval}s hold at every number of blocks from 4 to ${statistics.maxBlocks} together, so stopping early does not spoil them.`
      : `The ${interval}s hold for a number of blocks that was fixed beforehand.`;
  const family = familySize(metrics);
  const among = family === 0 ? '' : ` (${count(family, 'comparison')})`;
  return [
    ...limits,
    speedupSentence,
    `${how} Equivalent: the whole interval lies within ±${marginText(statistics)}. Faster and slower: the interval excludes 1, and it survives Holm’s correction over every planned workload of every pair${among}.`,
    ...(family > 1 ? [holmSentence] : []),
    blockSentence,
  ];
}

/** What stands in a column of a comparison, where its title does not say it all. */
export const hintOf = (title: string): string | undefined => hints.get(title);

const speedupSentence =
  'Speedup: how many times as fast as the baseline; above 1 is better for every metric, also where lower values are better.';

const blockSentence =
  'A block is one trial of a workload in every guest, back to back; only trials of one block are compared with each other.';

const holmSentence =
  'p (Holm): p after that correction, and what a verdict rests on. Of many comparisons, one alone can have a small p by chance; p alone is that of the one comparison.';

const hints: ReadonlyMap<string, string> = new Map([
  ['Speedup', speedupSentence],
  ['p (Holm)', holmSentence],
  ['Blocks', blockSentence],
]);

const imported: readonly string[] = [
  'Nothing tells which runs were made side by side, so drift of the host cannot be told from a difference of the guests: there is no interval, no test and no verdict, however far a ratio is from 1.',
];
