import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutputCollector } from '../../../src/experiment/collector';
import { UserError } from '../../../src/model/userError';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gb-collector-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the collector of a stream', () => {
  it('keeps characters whole that are cut between chunks, and needs no file for little', () => {
    const collector = new OutputCollector(join(folder, 'whole'));
    const bytes = Buffer.from('größer als 1 µs\n');
    for (const byte of bytes) collector.add(Buffer.from([byte]));
    expect(collector.text()).toBe('größer als 1 µs\n');
    expect(collector.byteCount).toBe(bytes.length);
    expect(collector.wholeIn).toBeUndefined();
    expect(existsSync(join(folder, 'whole'))).toBe(false);
  });

  it('keeps long output whole in a file beside', () => {
    const collector = new OutputCollector(join(folder, 'whole'));
    const chunk = Buffer.from(`${'x'.repeat(99_999)}\n`);
    for (let i = 0; i < 20; i++) collector.add(chunk);
    expect(collector.wholeIn).toBe(join(folder, 'whole'));
    expect(readFileSync(join(folder, 'whole')).length).toBe(2_000_000);
    expect(collector.text().length).toBe(2_000_000);
  });

  it('begins that file anew, whatever a controller that was killed left in it', () => {
    writeFileSync(join(folder, 'whole'), 'half of it');
    const collector = new OutputCollector(join(folder, 'whole'));
    collector.add(Buffer.alloc(1024 * 1024 + 1, 'x'));
    collector.add(Buffer.from('y'));
    expect(readFileSync(join(folder, 'whole')).length).toBe(1024 * 1024 + 2);
  });

  it('says so when that file cannot be written', () => {
    const collector = new OutputCollector(join(folder, 'none', 'whole'));
    expect(() => collector.add(Buffer.alloc(1024 * 1024 + 1))).toThrow(UserError);
    expect(collector.failure?.message).toMatch(/^Cannot write the output file .*none/);
  });

  it('gives the parser the first and the last of a flood, and says that the middle is missing', () => {
    const collector = new OutputCollector(join(folder, 'whole'));
    collector.add(Buffer.from('first line\n'));
    const chunk = Buffer.from(`${'y'.repeat(999_999)}\n`);
    for (let i = 0; i < 20; i++) collector.add(chunk);
    collector.add(Buffer.from('last line\n'));
    const text = collector.text();
    expect(text.startsWith('first line\n')).toBe(true);
    expect(text.endsWith('last line\n')).toBe(true);
    expect(text).toContain('\n[output left out here]\n');
    expect(text.length).toBeLessThan(3_000_000);
    expect(readFileSync(join(folder, 'whole')).length).toBe(20_000_021);
  });
});
