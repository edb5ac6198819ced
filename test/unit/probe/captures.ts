import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../../src/model/guest';

/** Captured from guests of a Xen 4.17.7 host. */
export const captured = {
  pv: 'PV',
  pvh: 'PVH',
  pvhvm: 'PVHVM',
  'hvm-nopv': 'HVM',
  dom0: 'dom0',
} as const;
export type Capture = keyof typeof captured;

const folder = join(import.meta.dirname, '../../fixtures/xen');

export function capture(name: Capture): Map<string, string> {
  const evidence = new Map<string, string>();
  for (const row of readFileSync(join(folder, name, 'INDEX.tsv'), 'utf8')
    .trim()
    .split('\n')) {
    const [file = '', , label = '', code] = row.split('\t');
    if (code === '0') evidence.set(label, readFileSync(join(folder, name, file), 'utf8'));
  }
  return evidence;
}

export function without(evidence: Evidence, ...labels: readonly (string | RegExp)[]): Map<string, string> {
  return new Map(
    [...evidence].filter(
      ([key]) => !labels.some((label) => (typeof label === 'string' ? label === key : label.test(key))),
    ),
  );
}

export function only(evidence: Evidence, ...labels: readonly (string | RegExp)[]): Map<string, string> {
  return new Map(
    [...evidence].filter(([key]) =>
      labels.some((label) => (typeof label === 'string' ? label === key : label.test(key))),
    ),
  );
}

export function evidenceOf(entries: Readonly<Record<string, string>>): Map<string, string> {
  return new Map(Object.entries(entries));
}
