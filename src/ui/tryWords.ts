import * as vscode from 'vscode';
import type { Benchmark } from '../benchmarks/benchmark';
import type { Place } from '../benchmarks/parse/figures';
import { readingsOf } from '../benchmarks/parse/own';
import type { TryOutEnd } from '../experiment/tryOut';
import type { OwnBenchmark } from '../model/ownBenchmark';
import { bold, dim, green, plainForTerminal, red } from './terminalText';

const longestShown = 160;
const mostPlaces = 5;

/** How a try ended and what was parsed from what, as lines of safe terminal text. */
export function tryLines(
  end: TryOutEnd,
  benchmark: Benchmark,
  definition: OwnBenchmark | undefined,
): readonly string[] {
  const seconds = (end.durationMs / 1000).toFixed(2);
  const code =
    end.exitCode === null ? vscode.l10n.t('no exit code') : vscode.l10n.t('exit code {0}', end.exitCode);
  const ending = vscode.l10n.t('{0}, {1} s in all (with preparing)', code, seconds);
  if (end.outcome === 'cancelled') return [vscode.l10n.t('Stopped.')];
  const missing = (end.failed ?? []).map(({ test }) => test).join(', ');
  const counts =
    missing === ''
      ? vscode.l10n.t('✔ A trial would count: every metric was found.')
      : vscode.l10n.t('✔ A trial would count, without {0}.', missing);
  const verdict =
    end.outcome === 'ok' ? green(plainForTerminal(counts)) : red(`✖ ${plainForTerminal(end.reason)}`);
  return [dim(ending), ...figureLines(end, benchmark, definition), '', verdict];
}

function figureLines(
  end: TryOutEnd,
  benchmark: Benchmark,
  definition: OwnBenchmark | undefined,
): readonly string[] {
  // Of a command that failed no figure is shown: it would be none.
  if (end.output === undefined || end.output.exitCode !== 0) return [];
  if (definition === undefined) {
    return end.measurements.map(({ id, value, unit }) => {
      const title = benchmark.metrics.find((metric) => metric.id === id)?.title ?? id;
      return `${plainForTerminal(title)}: ${bold(plainForTerminal(`${value} ${unit}`))}`;
    });
  }
  return readingsOf(definition, end.output).flatMap((reading) => {
    const { metric } = reading;
    const title = plainForTerminal(metric.title ?? metric.id);
    if (reading.status === 'failed') return [`${red('✖')} ${title}: ${plainForTerminal(reading.reason)}`];
    const value = bold(plainForTerminal(`${reading.value} ${metric.unit}`));
    const factor =
      metric.factor === undefined ? '' : vscode.l10n.t(' (what was read, times {0})', metric.factor);
    const more = reading.places.length - mostPlaces;
    return [
      `${green('✔')} ${title}: ${value}${factor}`,
      ...reading.places.slice(0, mostPlaces).map((place) => `    ${placeText(place)}`),
      ...(more > 0 ? [`    ${vscode.l10n.t('and {0} more', more)}`] : []),
    ];
  });
}

/** The very text a figure was read from; in a line the figure stands between » and «. */
function placeText(place: Place): string {
  switch (place.kind) {
    case 'line': {
      const where = vscode.l10n.t('{0}, line {1}', place.input, place.line);
      return `${plainForTerminal(where)}: ${marked(place.text, place.start, place.end)}`;
    }
    case 'json':
      return plainForTerminal(vscode.l10n.t('{0}, "{1}": {2}', place.input, place.pointer, place.json));
    case 'csv':
      return plainForTerminal(
        vscode.l10n.t('{0}, line {1}, column {2}: {3}', place.input, place.line, place.column, place.text),
      );
    case 'elapsed':
      return vscode.l10n.t('the seconds that the command took: {0}', place.text);
  }
}

function marked(text: string, start: number, end: number): string {
  const from = Math.max(0, start - longestShown / 2);
  const to = Math.min(text.length, end + longestShown / 2);
  const before = (from > 0 ? '…' : '') + text.slice(from, start);
  const behind = text.slice(end, to) + (to < text.length ? '…' : '');
  return `${plainForTerminal(before)}»${bold(plainForTerminal(text.slice(start, end)))}«${plainForTerminal(behind)}`;
}
