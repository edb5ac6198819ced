import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, LeftOut, NoResult, positive, theLine } from './judgement';

/** The kernel build's key=value lines; `make_exit` on the last line says how make itself ended. */
export function parseKernel(output: TrialOutput): ParsedOutput {
  const rules = {
    command: 'make',
    hints: [
      [/lexer\.lex\.c\] Error 127/, 'flex missing (config step)'],
      [/parser\.tab\.\[ch\]\] Error 127/, 'bison missing (config step)'],
      [/^config failed$/m, 'the config step failed'],
      [/No space left on device/, 'no space left on the disk'],
    ],
  } as const;
  return judge(output, rules, () => {
    const lines = completeLines(output.stdout).filter(({ text }) => text.trim() !== '');
    const exit = theLine(lines, /^make_exit=/, "'make_exit=' line");
    if (exit.text !== 'make_exit=0')
      throw new NoResult(`line ${exit.number}: ${exit.text}; expected make_exit=0`);
    if (lines.at(-1) !== exit)
      throw new NoResult(`line ${exit.number}: expected 'make_exit=0' as the last line`);
    const seconds = (key: string) => {
      const line = theLine(lines, new RegExp(`^${key}=`), `'${key}=' line`);
      return positive(line.text.slice(key.length + 1), key, line, 2);
    };
    const elapsed = seconds('elapsed_seconds');
    const leftOut = new LeftOut();
    // For information: a short build can take less CPU time than the shell counts.
    const cpu = (id: string, key: string) =>
      leftOut.unless(id, () => ({ id, value: seconds(key), unit: 's', better: 'none' as const }));
    return {
      metrics: [
        { id: 'kernel.elapsed', value: elapsed, unit: 's', better: 'lower' },
        ...cpu('kernel.cpu_user', 'cpu_user_seconds'),
        ...cpu('kernel.cpu_sys', 'cpu_sys_seconds'),
      ],
      leftOut: leftOut.list,
    };
  });
}
