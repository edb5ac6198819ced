/** Raw text, where `$\{x}` stands for the shell's `${x}`, and `${x}` puts in text that is the shell's already. */
export function sh(text: TemplateStringsArray, ...parts: readonly string[]): string {
  return text.raw.map((raw, index) => raw.replaceAll('$\\{', '${') + (parts[index] ?? '')).join('');
}
