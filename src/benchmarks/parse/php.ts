import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, LeftOut, mustAgree, NoResult, positive, theLine } from './judgement';

/** The PHP loop's key=value lines; `done` on the last line says that it came to its end. */
export function parsePhp(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'php' }, () => {
    const lines = completeLines(output.stdout).filter(({ text }) => text.trim() !== '');
    const fatal = lines.find(({ text }) =>
      /^(?:PHP )?(?:Fatal|Parse|Catchable fatal|Recoverable fatal) error:/.test(text),
    );
    if (fatal !== undefined) throw new NoResult(`line ${fatal.number}: ${fatal.text}`);
    if (lines.at(-1)?.text !== 'done')
      throw new NoResult(`no 'done' as the last line: the benchmark did not finish`);

    const header = theLine(lines, /^php=\d/, "'php=VERSION … scale=… rounds=…' line");
    const [, scaleText, roundsText] = / scale=(\S*) rounds=(\S+)$/.exec(header.text) ?? [];
    const rounds = positive(roundsText, 'rounds', header, 0);
    const samples = lines.flatMap((line) => {
      const match = /^round \d+ total_ms=(.*)$/.exec(line.text);
      return match === null ? [] : [positive(match[1], 'the time of a round', line, 3)];
    });
    if (samples.length !== rounds)
      throw new NoResult(`expected ${rounds} 'round N total_ms=' lines, found ${samples.length}`);

    const medianLine = theLine(lines, /^median_total_ms=/, "'median_total_ms=' line");
    const median = positive(
      medianLine.text.slice('median_total_ms='.length),
      'the median time',
      medianLine,
      3,
    );
    const scoreLine = theLine(lines, /^score=/, "'score=' line");
    // The lower of the two middle rounds when their number is even.
    const middle = samples.toSorted((a, b) => a - b)[Math.floor((rounds - 1) / 2)] ?? 0;
    mustAgree(`line ${medianLine.number}: the median of the rounds`, median, middle, 0.0011);
    const leftOut = new LeftOut();
    const scores = leftOut.unless('php.score', () => ({
      score: positive(scoreLine.text.slice('score='.length), 'the score', scoreLine, 1),
      scale: positive(scaleText, 'scale', header, 3),
    }));
    for (const { score, scale } of scores)
      mustAgree(`line ${scoreLine.number}: the score`, score, (1e6 * scale) / median, 0.2 + score * 0.002);
    return {
      metrics: [
        { id: 'php.median_total', value: median, unit: 'ms', better: 'lower' },
        ...scores.map(({ score: value }): Measurement => {
          return { id: 'php.score', value, unit: 'points', better: 'higher' };
        }),
      ],
      leftOut: leftOut.list,
    };
  });
}
