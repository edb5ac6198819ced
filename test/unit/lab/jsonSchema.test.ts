import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labJsonSchema, labJsonSchemaText } from '../../../src/lab/jsonSchema';

const file = join(import.meta.dirname, '../../../media/guestbench.lab.schema.json');

describe('the JSON schema of the lab file', () => {
  it('is the one committed (UPDATE_SCHEMA=1 writes it)', () => {
    if (process.env['UPDATE_SCHEMA'] === '1') writeFileSync(file, labJsonSchemaText());
    expect(readFileSync(file, 'utf8')).toBe(labJsonSchemaText());
  });

  it('describes every field, and refuses unknown ones', () => {
    const schema = labJsonSchema() as {
      properties: Record<string, { items?: Fields; description?: string }>;
    };
    interface Fields {
      readonly properties: Record<string, { readonly description?: string }>;
      readonly additionalProperties: boolean;
      readonly anyOf?: unknown;
    }
    for (const [name, property] of Object.entries(schema.properties)) {
      expect(property.description, name).toBeTruthy();
      for (const [field, value] of Object.entries(property.items?.properties ?? {})) {
        expect(value.description, `${name}.${field}`).toBeTruthy();
      }
    }
    expect(schema.properties['guests']?.items?.additionalProperties).toBe(false);
    expect(schema.properties['guests']?.items?.anyOf).toEqual([
      { required: ['address'] },
      { required: ['sshHost'] },
    ]);
  });
});
