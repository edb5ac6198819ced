import type { TrialRecord } from '../model/experiment';
import { lineOf, type FigurePlace, type SoughtFigure } from './lineOf';

interface Part {
  /** `printed`: what the trial itself printed, and so where its figures are looked for. */
  readonly kind: 'told' | 'printed';
  readonly text: string;
}

/** What the attempts of a trial printed, each under lines that tell how it went; lines end with `\n` only. */
export function trialOutput(records: readonly TrialRecord[]): string {
  return records
    .flatMap(partsOf)
    .map(({ text }) => text)
    .join('\n');
}

/**
 * Where a figure stands in `trialOutput` of the same records: in what the last attempt printed that has it.
 * Undefined: the trial printed it nowhere as it is, e.g. because it was computed.
 */
export function placeInOutput(
  records: readonly TrialRecord[],
  figure: Pick<SoughtFigure, 'id' | 'title'>,
): FigurePlace | undefined {
  const from = records.findLast(({ measurements }) => measurements.some(({ id }) => id === figure.id));
  const measurement = from?.measurements.find(({ id }) => id === figure.id);
  if (from === undefined || measurement === undefined) return undefined;
  const sought: SoughtFigure = { ...measurement, title: measurement.title ?? figure.title };
  let linesBefore = 0;
  for (const record of records) {
    for (const { kind, text } of partsOf(record)) {
      const place = record === from && kind === 'printed' ? lineOf(text, sought) : undefined;
      if (place !== undefined) return { ...place, line: linesBefore + place.line };
      linesBefore += text.split('\n').length;
    }
  }
  return undefined;
}

function partsOf(record: TrialRecord): readonly Part[] {
  const { trial } = record;
  const head = [
    `${trial.benchmark} on ${trial.guest}, ${trial.warmup ? 'warm-up' : `round ${trial.round}`} (${trial.id})`,
    `started ${record.startedAt}${record.endedAt === undefined ? '' : `, ended ${record.endedAt}`}`,
    `${record.status}${record.exitCode === undefined || record.exitCode === null ? '' : `, exit code ${record.exitCode}`}`,
    ...(record.reason === undefined ? [] : [record.reason]),
    ...record.measurements.map((m) => `${m.id} = ${m.value} ${m.unit}`),
    ...(record.missingBytes > 0
      ? [`${record.missingBytes} bytes of output are not in the experiment file`]
      : []),
  ];
  const told = [...head.map((line) => `# ${oneEnding(line).replaceAll('\n', ' ')}`), '', '# standard output'];
  return [
    { kind: 'told', text: told.join('\n') },
    { kind: 'printed', text: oneEnding(record.stdout) },
    ...(record.stderr === ''
      ? []
      : ([
          { kind: 'told', text: '# standard error' },
          { kind: 'printed', text: oneEnding(record.stderr) },
        ] as const)),
  ];
}

/** An editor takes a lone carriage return, as progress lines have them, for the end of a line. */
function oneEnding(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}
