import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  compare,
  compareFamily,
  stopRule,
  type ComparisonInput,
  type FamilyInput,
  type StopInput,
} from '../../../src/statistics/compare';
import { anystopP, nominalLevel, tUpperQuantile, tUpperTail } from '../../../src/statistics/distributions';

interface Tolerance {
  readonly rel?: number;
  readonly abs?: number;
}
interface Case {
  readonly id: string;
  readonly what: string;
  readonly kind: 'comparison' | 'family' | 'stop' | 'special';
  readonly input: unknown;
  readonly expect: Readonly<Record<string, unknown>>;
}
interface Special {
  readonly fn: string;
  readonly q: number[];
  readonly df: number[];
  readonly t: number[];
  readonly pMin: number[];
  readonly alpha: number[];
}

const named: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };
const text = readFileSync(new URL('../../fixtures/statistics/vectors.json', import.meta.url), 'utf8');
const vectors = JSON.parse(text, (_, value: unknown) =>
  typeof value === 'string' && value in named ? named[value] : value,
) as { readonly tolerances: Readonly<Record<string, Tolerance | string>>; readonly cases: readonly Case[] };

/** Lists take the tolerance of the single value; the level, which the file gives to 15 digits, that of a quantile. */
const alias: Readonly<Record<string, string>> = { speedups: 'speedup', nominalLevel: 'value' };

function check(path: string, key: string, actual: unknown, wanted: unknown): void {
  if (Array.isArray(wanted)) {
    const list = actual as readonly unknown[];
    expect(list, path).toHaveLength(wanted.length);
    wanted.forEach((value, i) => check(`${path}[${i}]`, key, list[i], value));
  } else if (typeof wanted === 'object' && wanted !== null) {
    for (const [name, value] of Object.entries(wanted)) {
      check(`${path}.${name}`, name, (actual as Record<string, unknown>)[name], value);
    }
  } else {
    const tolerance = vectors.tolerances[alias[key] ?? key];
    if (typeof wanted !== 'number' || typeof tolerance !== 'object') {
      expect(actual, path).toBe(wanted);
      return;
    }
    const allowed = Math.max((tolerance.rel ?? 0) * Math.abs(wanted), tolerance.abs ?? 0);
    expect(typeof actual, path).toBe('number');
    expect(
      Math.abs((actual as number) - wanted),
      `${path}: ${String(actual)} for ${wanted}`,
    ).toBeLessThanOrEqual(allowed);
  }
}

function special(input: Special): unknown {
  switch (input.fn) {
    case 'tUpperQuantile':
      return { value: input.q.map((q, i) => tUpperQuantile(q, input.df[i]!)) };
    case 'tUpperTail':
      return { value: input.t.map((t, i) => tUpperTail(t, input.df[i]!)) };
    case 'anystopP':
      return { value: input.pMin.map(anystopP) };
    case 'nominalLevel':
      return { value: input.alpha.map(nominalLevel) };
    default:
      throw new Error(`no function ${input.fn}`);
  }
}

function run({ kind, input }: Case): unknown {
  switch (kind) {
    case 'comparison':
      return compare(input as ComparisonInput);
    case 'family':
      return compareFamily(input as FamilyInput);
    case 'stop':
      return stopRule(input as StopInput);
    case 'special':
      return special(input as Special);
  }
}

describe('the reference vectors', () => {
  it('are all here', () => expect(vectors.cases).toHaveLength(72));
  it.each(vectors.cases.map((entry) => [`${entry.id}: ${entry.what}`, entry] as const))('%s', (_, entry) => {
    check(entry.id, '', run(entry), entry.expect);
  });
});
