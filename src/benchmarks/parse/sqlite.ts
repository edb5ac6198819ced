import type { Measurement } from '../../model/experiment';
import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, LeftOut, mustAgree, NoResult, positive, theLine } from './judgement';

/** The lines of our own insert benchmark: header, one line per copy, elapsed time and rate. */
export function parseSqlite(output: TrialOutput): ParsedOutput {
  return judge(output, { command: 'sqlite3' }, () => {
    const lines = completeLines(output.stdout);
    const header = theLine(lines, /^sqlite \d/, "'sqlite VERSION inserts-per-round=…' line");
    const setting = (name: string) =>
      positive(
        header.text
          .split(' ')
          .find((word) => word.startsWith(`${name}=`))
          ?.slice(name.length + 1),
        name,
        header,
        0,
      );
    const [inserts, rounds, copies] = [setting('inserts-per-round'), setting('rounds'), setting('copies')];

    const checked = new Set<string>();
    for (const line of lines) {
      if (!line.text.startsWith('copy ')) continue;
      const [, copy = '', rows, integrity = ''] =
        /^copy (\d+) rows\/journal\/integrity: (\d+) [a-z]+ (.*)$/.exec(line.text) ?? [];
      if (positive(rows, 'the number of rows', line, 0) !== inserts * rounds) {
        throw new NoResult(
          `line ${line.number}: expected ${inserts * rounds} rows in copy ${copy}, found ${rows}`,
        );
      }
      if (integrity.trim() !== 'ok') {
        throw new NoResult(
          `line ${line.number}: expected the integrity check of copy ${copy} to say "ok", found "${integrity.trim()}"`,
        );
      }
      checked.add(copy);
    }
    if (checked.size !== copies) {
      throw new NoResult(`expected ${copies} 'copy N rows/journal/integrity' lines, found ${checked.size}`);
    }

    const elapsedLine = theLine(lines, /^elapsed_seconds=/, "'elapsed_seconds=' line");
    const rateLine = theLine(lines, /^inserts_per_second=/, "'inserts_per_second=' line");
    const rate = positive(
      rateLine.text.slice('inserts_per_second='.length),
      'inserts per second',
      rateLine,
      1,
    );
    const total = inserts * rounds * copies;
    const leftOut = new LeftOut();
    const times = leftOut.unless('sqlite.elapsed', () =>
      positive(elapsedLine.text.slice('elapsed_seconds='.length), 'the elapsed time', elapsedLine, 3),
    );
    for (const elapsed of times)
      mustAgree(
        `line ${rateLine.number}: inserts over the whole time`,
        rate * elapsed,
        total,
        total * 1e-3 + rate * 6e-4 + elapsed * 0.06,
      );
    return {
      metrics: [
        ...times.map((value): Measurement => ({ id: 'sqlite.elapsed', value, unit: 's', better: 'lower' })),
        { id: 'sqlite.inserts_per_second', value: rate, unit: 'inserts/s', better: 'higher' },
      ],
      leftOut: leftOut.list,
    };
  });
}
