import { count, listed } from '../src/report/format';
import type { ComparabilityCheck, PairReport } from '../src/report/shape';
import { el, name, table, type Child } from './dom';

type Weight = NonNullable<ComparabilityCheck['weight']>;

/** The order of the table, with shape and word of each result. */
const results: Readonly<Record<Weight | 'passed' | 'unknown', string>> = {
  blocks: '✕ blocks the verdicts',
  weakens: '⚠ weakens them',
  'worth knowing': 'ℹ worth knowing',
  passed: '✓ nothing found',
  unknown: '? not known',
};

const resultOf = ({ outcome, weight }: ComparabilityCheck): keyof typeof results =>
  outcome === 'found' ? (weight ?? 'worth knowing') : outcome;

export const comparabilityId = 'comparability';

/** "Can these guests be compared?": every check of the pair, the gravest first. */
export function comparabilityOf({ checks, imported, baselineLabel, candidateLabel }: PairReport): Child[] {
  if (checks.length === 0) return [];
  const order = Object.keys(results);
  const sorted = checks.toSorted((a, b) => order.indexOf(resultOf(a)) - order.indexOf(resultOf(b)));
  const rows = sorted.map((check): Child[] => {
    const result = resultOf(check);
    return [
      name(check.title),
      el('span', { class: `check ${result.replace(' ', '-')}` }, results[result]),
      name(check.seen),
      check.advice === undefined ? '' : name(check.advice),
    ];
  });
  const columns = ['Looked at', 'Result', 'What was seen', 'What it can do, and what to do'].map((title) => ({
    title,
  }));
  return [
    el('h2', { id: comparabilityId, tabindex: '-1' }, 'Can these guests be compared?'),
    el('p', {}, summaryOf(checks, imported === undefined)),
    table(
      `What could explain a difference of ${candidateLabel} and ${baselineLabel} other than the mode`,
      columns,
      rows,
      (row) => {
        const check = sorted[row];
        return check?.outcome === 'found' ? 'found' : undefined;
      },
    ),
  ];
}

function summaryOf(checks: readonly ComparabilityCheck[], hasVerdicts: boolean): string {
  const titles = (result: keyof typeof results) => [
    ...new Set(checks.filter((check) => resultOf(check) === result).map(({ title }) => title)),
  ];
  const [blocking, weak] = [titles('blocks'), titles('weakens')];
  const passed = checks.filter(({ outcome }) => outcome === 'passed').length;
  const tail = `${passed} of ${count(checks.length, 'check')} found nothing.`;
  if (!hasVerdicts) return `There are no verdicts on imported results, whatever the checks say. ${tail}`;
  if (blocking.length > 0)
    return `No, so there is no verdict. What blocks it: ${listed(blocking, 6)}. ${tail}`;
  if (weak.length > 0)
    return `With care: the verdicts stand, but something else could explain a part of them: ${listed(weak, 6)}. ${tail}`;
  return `Yes: nothing that was looked at blocks or weakens the verdicts. ${tail}`;
}
