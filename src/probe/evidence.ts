import type { Evidence } from '../model/guest';
import { beginMark, endMark } from './script';

/** No probe answers a tenth of these. Larger parts are left out, so a guest cannot fill the experiment file with them. */
const mostSections = 1_000;
const longestSection = 256 * 1024;
const longestLabel = 300;

export { factsFrom } from './facts';
export { probeScript } from './script';

/**
 * The labelled sections of a probe's output. Anything outside them is passed over, an unfinished section is dropped;
 * of two sections with one label the first counts. Each text ends without a newline; a section of more than 256 KiB
 * is dropped.
 */
export function parseEvidence(output: string): Evidence {
  const evidence = new Map<string, string>();
  let label: string | undefined;
  let lines: string[] = [];
  let length = 0;
  for (const raw of output.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.startsWith(beginMark)) {
      label = line.length > beginMark.length + longestLabel ? undefined : line.slice(beginMark.length);
      lines = [];
      length = 0;
    } else if (label === undefined) {
      continue;
    } else if (line.startsWith('|')) {
      length += line.length;
      if (length > longestSection) label = undefined;
      else lines.push(line.slice(1));
    } else if (line === endMark) {
      if (!evidence.has(label) && evidence.size < mostSections) evidence.set(label, lines.join('\n'));
      label = undefined;
    }
  }
  return evidence;
}
