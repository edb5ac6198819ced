import type { Evidence } from '../model/guest';

/** The trimmed text under the first of these labels that has any; undefined when none could be read or all are empty. */
export function textOf(evidence: Evidence, ...labels: readonly string[]): string | undefined {
  for (const label of labels) {
    const text = evidence.get(label)?.replaceAll('\0', '').trim();
    if (text) return text;
  }
  return undefined;
}

/** The lines under these labels, without trailing blanks and empty ones. */
export function linesOf(evidence: Evidence, ...labels: readonly string[]): readonly string[] {
  return labels.flatMap((label) =>
    (evidence.get(label) ?? '')
      .split(/\r?\n/)
      .map((line) => line.trimEnd())
      .filter((line) => line !== ''),
  );
}

/** A piece of evidence fit for a sentence: one line, no control characters, not too long. */
export function quoted(text: string): string {
  const line = clean(text);
  return `"${line.length > 160 ? `${line.slice(0, 157)}...` : line}"`;
}

/** Text of a guest without control characters and runs of blanks. */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
}

/** Whether the words stand in the text in this order. Unlike a pattern with `.*`, this is linear in the text. */
export function hasInOrder(text: string, ...words: readonly string[]): boolean {
  let from = 0;
  for (const word of words) {
    const at = text.indexOf(word, from);
    if (at < 0) return false;
    from = at + word.length;
  }
  return true;
}

export interface KernelLog {
  readonly label: string;
  readonly lines: readonly string[];
  /** A file may be left over from an older boot; the ring buffer cannot. */
  readonly ofThisBoot: boolean;
}

/** What the kernel said at boot, from whichever label holds it; the ring buffer before files. */
export function kernelLog(evidence: Evidence): KernelLog {
  const labels = [...evidence.keys()];
  const ring = labels.find(
    (label) => /^(sudo (-n )?)?dmesg\b/.test(label) && linesOf(evidence, label).length > 0,
  );
  const journal = labels.filter((label) => /^(sudo (-n )?)?journalctl\b.*(-b|-k|--dmesg|--boot)/.test(label));
  const files = labels.filter((label) =>
    /^(cat )?\/var\/log\/(dmesg|boot\.msg|kern\.log|messages)$/.test(label),
  );
  if (ring !== undefined) {
    const lines = linesOf(evidence, ring);
    // The buffer wraps: the boot's first lines may be left only in a file.
    const isBoot = (line: string): boolean =>
      hasInOrder(line, 'Booting ', 'kernel') || line.includes('Hypervisor detected');
    if (lines.some(isBoot) || files.length === 0) {
      return { label: ring, lines: [...lines, ...linesOf(evidence, ...journal)], ofThisBoot: true };
    }
  }
  const fromJournal = linesOf(evidence, ...journal);
  if (fromJournal.length > 0) return { label: journal[0] ?? '', lines: fromJournal, ofThisBoot: true };
  const [file] = files;
  if (file !== undefined) return { label: file, lines: linesOf(evidence, file), ofThisBoot: false };
  return { label: 'dmesg', lines: [], ofThisBoot: true };
}
