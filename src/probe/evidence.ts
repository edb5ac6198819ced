import type { Evidence } from '../model/guest';
import { beginMark, endMark } from './script';

export { factsFrom } from './facts';
export { probeScript } from './script';

/**
 * The labelled sections of a probe's output. Anything outside them is passed over, an unfinished section is dropped;
 * of two sections with one label the first counts. Each text ends without a newline.
 */
export function parseEvidence(output: string): Evidence {
  const evidence = new Map<string, string>();
  let label: string | undefined;
  let lines: string[] = [];
  for (const raw of output.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.startsWith(beginMark)) {
      label = line.slice(beginMark.length);
      lines = [];
    } else if (label === undefined) {
      continue;
    } else if (line.startsWith('|')) {
      lines.push(line.slice(1));
    } else if (line === endMark) {
      if (!evidence.has(label)) evidence.set(label, lines.join('\n'));
      label = undefined;
    }
  }
  return evidence;
}
