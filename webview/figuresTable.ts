import { speedupRange } from '../src/report/charts/scale';
import { formatInterval, formatSpeedup, plain } from '../src/report/format';
import type { MetricComparison, MetricReport } from '../src/report/shape';
import { intervalTitle, marginText } from '../src/report/wording';
import { el, linkButton, name, table, type Child, type Column } from './dom';
import { guestMark, meanCell } from './marks';
import { ratioMark } from './ratioMark';
import { importedPair, shownGuests, type Shown } from './sides';

/**
 * Every figure of a workload in a row: what each guest reached, and how many times as fast the candidate is. Figures
 * in the same unit stand together.
 * @param open keys of the metrics that are shown in full below.
 */
export function figuresTable(
  shown: Shown,
  metrics: readonly MetricReport[],
  open: ReadonlySet<string>,
  toggle: (metric: string) => void,
): HTMLElement {
  const { model, candidate } = shown;
  const guests = shownGuests(shown);
  const foundOf = (metric: MetricReport) => metric.comparisons.find((one) => one.candidate === candidate);
  const found = metrics.flatMap((metric) => foundOf(metric) ?? []).filter(({ speedup }) => speedup !== null);
  const margin = importedPair(shown) ? undefined : model.statistics.margin;
  const range = speedupRange(found, margin);
  const hasPair = found.length > 0;
  const hasInterval = found.some(({ interval }) => interval !== null);
  const columns: Column[] = [
    { title: 'Figure' },
    ...guests.map(({ guest, role }) => ({
      title: plain(guest.key),
      number: 'number' as const,
      head: guestMark(model, guest.key, role),
    })),
    ...(hasPair ? [{ title: 'Better →' }, { title: 'Speedup', number: 'number' as const }] : []),
    ...(hasInterval ? [{ title: intervalTitle(shown.model.statistics), number: 'number' as const }] : []),
  ];
  const rows = byUnit(metrics).map((metric): Child[] => [
    figureName(metric, open, toggle),
    ...guests.map(({ guest }) =>
      meanCell(
        metric.guests.find((one) => one.guest === guest.key),
        metric.unit,
      ),
    ),
    ...(hasPair ? pairCells(metric, foundOf(metric), range, margin) : []),
    ...(hasInterval ? [formatInterval(foundOf(metric)?.interval)] : []),
  ]);
  return table(captionOf(shown, found, hasInterval), columns, rows, (row) =>
    byUnit(metrics)[row]?.primary === true ? 'tested' : undefined,
  );
}

/** In the order of the first figure of each unit. */
function byUnit(metrics: readonly MetricReport[]): readonly MetricReport[] {
  const units = [...new Set(metrics.map(({ unit }) => unit))];
  return metrics.toSorted((a, b) => units.indexOf(a.unit) - units.indexOf(b.unit));
}

function figureName(
  metric: MetricReport,
  open: ReadonlySet<string>,
  toggle: (metric: string) => void,
): Child {
  const button = linkButton('', `figure:${metric.key}`, plain(`${metric.title}: every trial`), () =>
    toggle(metric.key),
  );
  button.setAttribute('aria-expanded', String(open.has(metric.key)));
  button.append(name(metric.title));
  const note = metric.primary ? ' tested' : metric.better === 'lower' ? ' lower is better' : '';
  return el('span', {}, button, note === '' ? null : el('span', { class: 'aside' }, note));
}

function pairCells(
  metric: MetricReport,
  found: MetricComparison | undefined,
  range: readonly [number, number],
  margin: number | undefined,
): Child[] {
  if (found === undefined || found.speedup === null || metric.better === 'none') return ['–', '–'];
  return [ratioMark(found, range, margin), formatSpeedup(found.speedup)];
}

function captionOf(shown: Shown, found: readonly MetricComparison[], hasInterval: boolean): string {
  if (found.length === 0) return 'Geometric means of the trials';
  const { statistics } = shown.model;
  const blocks = [...new Set(found.map(({ n }) => n))].sort((a, b) => a - b);
  const ends = blocks.length > 1 ? [blocks[0], blocks.at(-1)] : blocks;
  const over = ` over ${ends.join(' to ')} ${blocks.at(-1) === 1 ? 'block' : 'blocks'}`;
  const band = hasInterval ? `; shaded: ±${marginText(statistics)}` : '';
  return hasInterval
    ? `Geometric means, and the speedup with its ${intervalTitle(statistics)}${over}${band}. Only what is marked so is tested.`
    : 'Geometric means, and their ratio turned so that above 1 is better. Nothing is tested.';
}
