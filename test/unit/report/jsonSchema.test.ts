import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../../src/report/exporters';
import { experimentJsonSchema, experimentJsonSchemaText } from '../../../src/report/jsonSchema';
import { completed, experiment, pv, pvhvm, withLoad, workload } from './experiments';

const file = join(import.meta.dirname, '../../../media/guestbench.experiment.schema.json');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
}

/** Fields that the schema does not know, and those that it wants and are not there. */
function misfits(value: unknown, schema: Schema, path = ''): string[] {
  if (Array.isArray(value))
    return schema.items === undefined ? [] : value.flatMap((one) => misfits(one, schema.items!, `${path}[]`));
  if (typeof value !== 'object' || value === null || schema.properties === undefined) return [];
  const missing = (schema.required ?? [])
    .filter((name) => !(name in value))
    .map((name) => `${path}.${name} missing`);
  const inside = Object.entries(value).flatMap(([name, part]) => {
    const own = schema.properties?.[name];
    return own === undefined ? [`${path}.${name} unknown`] : misfits(part, own, `${path}.${name}`);
  });
  return [...missing, ...inside];
}

describe('the JSON schema of an exported experiment', () => {
  it('is the one committed (UPDATE_SCHEMA=1 writes it)', () => {
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, experimentJsonSchemaText());
    expect(readFileSync(file, 'utf8')).toBe(experimentJsonSchemaText());
  });

  it('describes every field of the experiment and of its trials', () => {
    const schema = experimentJsonSchema() as Schema;
    const trial = schema.properties?.['trials']?.items?.properties;
    for (const [name, { description }] of Object.entries({ ...schema.properties, ...trial }))
      expect(description, name).toBeTruthy();
    expect(Object.keys(trial ?? {})).toContain('hostLoad');
  });

  it('knows every field that is exported, and wants none that is not', () => {
    const e = withLoad(
      experiment({
        guests: [pv, pvhvm],
        workloads: [workload('openssl', 1931, 1.2, 0.004, 3)],
        ended: completed,
        setAside: [{ guest: pv.name, benchmark: 'openssl', reason: 'missing' }],
      }),
      {},
    );
    const schema = experimentJsonSchema() as Schema;
    expect(misfits(JSON.parse(toJson(e)), schema)).toEqual([]);
    expect(misfits({ ...(JSON.parse(toJson(e)) as object), other: 1 }, schema)).toEqual(['.other unknown']);
    expect(misfits({}, schema)).toContain('.trials missing');
    expect(schema.properties?.['export']?.properties?.['version']?.const).toBe(1);
  });
});
