import * as z from 'zod/mini';
import type { Parameters } from '../model/lab';
import type { Benchmark } from './benchmark';

export type Value = Parameters[string];

/** What a parameter takes, as its schema says. */
export type FieldKind =
  | {
      readonly kind: 'number';
      readonly least: number | undefined;
      readonly most: number | undefined;
      readonly step: number | undefined;
    }
  | { readonly kind: 'one-of' | 'some-of'; readonly words: readonly string[] }
  | { readonly kind: 'text' };

/** A parameter of a benchmark, as an editor of parameters needs it. */
export interface Field {
  readonly name: string;
  /** A sentence; empty for a parameter that has none. */
  readonly description: string;
  readonly unit: string | undefined;
  /** What is taken when it is not given. */
  readonly preset: Value | undefined;
  readonly type: FieldKind;
}

/** The parameters of a benchmark in the order of its schema, from which alone they are made. */
export function fieldsOf({ parameters }: Pick<Benchmark, 'parameters'>): readonly Field[] {
  const { def } = known(parameters)._zod;
  if (def.type !== 'object') return [];
  return Object.entries(def.shape).map(([name, schema]) => fieldOf(name, known(schema)));
}

/** What the schema has against a value of one parameter, in its own words; undefined: nothing. */
export function problemWith(
  { parameters }: Pick<Benchmark, 'parameters'>,
  name: string,
  value: Value,
): string | undefined {
  const read = parameters.safeParse({ [name]: value });
  return read.success ? undefined : read.error.issues.find(({ path }) => path[0] === name)?.message;
}

/** zod gives a schema's parts as its base class; all that there are stand in this union. */
const known = (schema: z.core.$ZodType) => schema as z.core.$ZodTypes;

function fieldOf(name: string, schema: z.core.$ZodTypes): Field {
  const meta = z.globalRegistry.get(schema);
  const unit = meta?.['unit'];
  const { def } = schema._zod;
  const words = {
    name,
    description: meta?.description ?? '',
    unit: typeof unit === 'string' ? unit : undefined,
  };
  if (def.type !== 'default') return { ...words, preset: undefined, type: kindOf(schema) };
  return { ...words, preset: def.defaultValue as Value, type: kindOf(known(def.innerType)) };
}

function kindOf(schema: z.core.$ZodTypes): FieldKind {
  const { def } = schema._zod;
  if (def.type === 'number') return rangeOf(def.checks ?? []);
  if (def.type === 'enum') return wordsOf('one-of', def);
  if (def.type === 'array') {
    const element = known(def.element)._zod.def;
    if (element.type === 'enum') return wordsOf('some-of', element);
  }
  return { kind: 'text' };
}

function rangeOf(checks: readonly z.core.$ZodCheck[]): FieldKind {
  const limits = new Map(
    checks.map((check) => {
      const { def } = (check as z.core.$ZodChecks)._zod;
      return [def.check, 'value' in def ? Number(def.value) : undefined] as const;
    }),
  );
  return {
    kind: 'number',
    least: limits.get('greater_than'),
    most: limits.get('less_than'),
    step: limits.get('multiple_of'),
  };
}

function wordsOf(kind: 'one-of' | 'some-of', { entries }: z.core.$ZodEnumDef): FieldKind {
  return { kind, words: Object.values(entries).map(String) };
}
