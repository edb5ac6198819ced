import { describe, expect, it } from 'vitest';
import { readConfirmation } from '../../../src/benchmarks/blockDevice';
import { benchmarkById } from '../../../src/benchmarks/catalogue';

describe('a block device', () => {
  const reads = benchmarkById('fio-randread')!;
  const writes = benchmarkById('fio-randwrite')!;

  it('is confirmed for runs on one only, and what is lost depends on what is done', () => {
    expect(reads.confirmation?.({})).toBeUndefined();
    expect(reads.confirmation?.({ device: '/dev/xvdb' })).toMatchObject({
      parameter: 'confirmDevice',
      name: '/dev/xvdb',
      loses: 'nothing',
    });
    for (const id of ['fio-randwrite', 'fio-randrw', 'fio-seqwrite'])
      expect(benchmarkById(id)?.confirmation?.({ device: '/dev/xvdb' })?.loses).toBe('everything');
    expect(benchmarkById('openssl')?.confirmation?.({})).toBeUndefined();
  });

  it.each([
    'xvdb',
    '/dev/../etc/passwd',
    '/dev/x;reboot',
    "/dev/x'",
    '/tmp/x',
    '/dev/',
    '/dev/-x',
    '/dev/a b',
    '/dev/$(id)',
  ])('has a harmless path: %s is refused', (device) => {
    expect(() => writes.script('run', { device })).toThrow(/device must be empty or the path/);
    expect(() => writes.script('run', { device: '/dev/x', confirmDevice: `${device} 1` })).toThrow(
      /confirmDevice must/,
    );
  });

  it('is opened for reading only by what reads, and no file is laid out', () => {
    const device = { device: '/dev/xvdb', confirmDevice: '/dev/xvdb 1000' };
    expect(reads.script('run', device)).toContain('--readonly');
    expect(reads.script('run', device)).not.toContain('laying out');
    expect(writes.script('run', device)).not.toContain('--readonly');
  });

  it('that no guest tells of is refused', () => {
    expect(readConfirmation('')).toEqual({ kind: 'refused', reason: 'the guest did not tell what is there' });
    expect(readConfirmation('guestbench-confirm: refused=mounted\r\n')).toEqual({
      kind: 'refused',
      reason: 'mounted',
    });
  });
});
