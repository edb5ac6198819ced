import type { ParsedOutput, TrialOutput } from '../benchmark';
import { completeLines, judge, NoResult, positive, theLine } from './judgement';

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
    return {
      metrics: [
        { id: 'kernel.elapsed', value: seconds('elapsed_seconds'), unit: 's', better: 'lower' },
        { id: 'kernel.cpu_user', value: seconds('cpu_user_seconds'), unit: 's', better: 'none' },
        { id: 'kernel.cpu_sys', value: seconds('cpu_sys_seconds'), unit: 's', better: 'none' },
      ],
    };
  });
}
