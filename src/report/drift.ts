import type { HostGroups } from '../statistics/compare';
import { mean, quantile } from '../statistics/location';
import { percent } from '../statistics/words';
import { found, passed, unknown } from './checks';
import type { Draft } from './comparisons';
import { formatChange, listed } from './format';
import type { ComparabilityCheck } from './shape';

/** Fewer blocks have halves too short to tell. */
const fewestBlocks = 8;
/**
 * Standard errors of the difference of the halves' medians. With the 75 % quantile of the deviations as scale, which
 * errs to the safe side with few values, steady normal data exceed five in 0.7 % of cases at 8 blocks and in less than
 * 0.1 % at 20 (simulated); a shift below the margin is never told.
 */
const clearly = 5;
/** The 75 % quantile of |x| of normal data, and the standard error of a median against that of the mean. */
const [normalQuantile, medianFactor] = [1.15, 1.2533];

/** ln(second half / first half) by medians, and whether it is more than chance and more than the margin. */
export function shiftOf(
  logs: readonly number[],
  margin: number,
): { readonly shift: number; readonly isClear: boolean } | undefined {
  if (logs.length < fewestBlocks) return undefined;
  const half = Math.floor(logs.length / 2);
  const halves = [logs.slice(0, half), logs.slice(logs.length - half)];
  const [first = 0, second = 0] = halves.map((values) => quantile(values, 0.5));
  const deviations = halves.flatMap((values, index) =>
    values.map((value) => Math.abs(value - (index === 0 ? first : second))),
  );
  const scale = quantile(deviations, 0.75) / normalQuantile;
  const standardError = medianFactor * scale * Math.sqrt(2 / half);
  const shift = second - first;
  return { shift, isClear: Math.abs(shift) > Math.max(Math.log1p(margin), clearly * standardError) };
}

interface Course {
  readonly title: string;
  /** ln of the guests' own values, in the order of the blocks. */
  readonly guests: readonly { readonly name: string; readonly logs: readonly number[] }[];
  /** ln of candidate by baseline. */
  readonly ratio: readonly number[];
}

/** The courses of one tested workload through the blocks of a pair: of two guests, or of two modes host by host. */
function coursesOf({ metric, names, pairs, groups }: Draft): Course[] {
  const title = metric.benchmarkTitle;
  if (groups !== undefined) {
    return groups.map((group) =>
      courseOn(group, names, groups.length > 1 ? `${title} on ${group.host}` : title),
    );
  }
  const logsOf = (values: readonly number[]) => values.map(Math.log);
  return [
    {
      title,
      guests: [
        { name: names.baseline, logs: logsOf(pairs.map(({ baseline }) => baseline)) },
        { name: names.candidate, logs: logsOf(pairs.map(({ candidate }) => candidate)) },
      ],
      ratio: logsOf(pairs.map(({ baseline, candidate }) => candidate / baseline)),
    },
  ];
}

/** The means of the guests of each mode on one host, block by block. */
function courseOn({ baseline, candidate }: HostGroups, names: Draft['names'], title: string): Course {
  const blocks = baseline[0]?.map((_, block) => block) ?? [];
  const meansOf = (side: HostGroups['baseline']) =>
    blocks.map((block) => mean(side.map((values) => Math.log(values[block] ?? NaN))));
  const [a, b] = [meansOf(baseline), meansOf(candidate)];
  return {
    title,
    guests: [
      { name: names.baseline, logs: a },
      { name: names.candidate, logs: b },
    ],
    ratio: blocks.map((block) => (b[block] ?? NaN) - (a[block] ?? NaN)),
  };
}

/**
 * Whether the second half of the experiment differs from the first. What both guests share cancels in their pairs and is
 * worth knowing only; a difference between the guests that changed weakens the one figure that is given for it.
 */
export function driftCheck(drafts: readonly Draft[], margin: number): ComparabilityCheck {
  const about = {
    id: 'drift',
    title: 'Drift during the run',
    phrase: 'the difference changed during the run',
  };
  const courses = drafts
    .filter(({ metric }) => metric.primary && metric.better !== 'none')
    .flatMap(coursesOf);
  const long = courses.filter(
    ({ ratio }) => ratio.length >= fewestBlocks && ratio.every((value) => Number.isFinite(value)),
  );
  if (long.length === 0) {
    return unknown(
      about.id,
      about.title,
      `Fewer than ${fewestBlocks} complete blocks: the halves are too short`,
    );
  }
  const clear = (logs: readonly number[]) => {
    const found = shiftOf(logs, margin);
    return found?.isClear === true ? formatChange(Math.exp(found.shift)) : undefined;
  };
  const between = long.flatMap(({ title, ratio }) => {
    const change = clear(ratio);
    return change === undefined ? [] : [`${title} (${change})`];
  });
  if (between.length > 0) {
    return found(
      about,
      'weakens',
      `The ratio of the two was not the same in the second half of the blocks as in the first: ${listed(between)}.`,
      'One figure for the whole run describes neither half. Look at the trials in time order for what happened, and run again.',
    );
  }
  const alone = long.flatMap(({ title, guests }) =>
    guests.flatMap(({ name, logs }) => {
      const change = clear(logs);
      return change === undefined ? [] : [`${title} of ${name} (${change})`];
    }),
  );
  if (alone.length > 0) {
    return found(
      { id: about.id, title: about.title },
      'worth knowing',
      `Figures moved from the first half of the blocks to the second: ${listed(alone)}.`,
      'The ratio of the pairs stayed, so this is the host’s and cancels; absolute figures are a mean of before and after.',
    );
  }
  return passed(
    about.id,
    about.title,
    `Both halves of the blocks agree within chance or ±${percent(margin)}, in ${listed(long.map(({ title }) => title))}`,
  );
}
