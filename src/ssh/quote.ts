/** One word for a POSIX shell: quoted unless it is plainly harmless. NUL cannot be carried in an argument. */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('An argument cannot hold a NUL character.');
  // A word of these characters means itself to sh; no '~' or '=' (expansion, assignment), and never empty.
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument list as one POSIX shell command line. */
export function quoteCommand(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
