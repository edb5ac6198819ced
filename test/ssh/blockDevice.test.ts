import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isRoot, needs, skipFor } from '../support/needs';
import { readConfirmation } from '../../src/benchmarks/blockDevice';
import { benchmarkById } from '../../src/benchmarks/catalogue';
import type { Parameters } from '../../src/model/lab';

const sh = (command: string) => spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
const mebibyte = 1024 * 1024;
const bytes = 64 * mebibyte;

const tools = ['losetup', 'fio', 'blkid', 'mkfs.ext4', 'mkswap', 'dmsetup'];
const found = needs({
  root: isRoot,
  ...Object.fromEntries(
    tools.map((tool) => [tool, sh(`PATH=$PATH:/usr/sbin:/sbin command -v ${tool}`).status === 0]),
  ),
  'loop devices': sh('PATH=$PATH:/usr/sbin losetup -f').status === 0,
});

describe('a run on a real block device', found, () => {
  let root = '';
  let image = '';
  let device = '';
  let work = '';
  let files = '';

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'guestbench-device-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  beforeEach(() => {
    [image, work, files] = ['disk', 'work', 'files'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(image, '');
    truncateSync(image, bytes);
    for (const folder of [work, files]) mkdirSync(folder);
    device = sh(`losetup -P --find --show ${image}`).stdout.trim();
    expect(device).toMatch(/^\/dev\/loop\d+$/);
  });
  afterEach(() => {
    sh(`losetup -d ${device}`);
    for (const path of [image, work, files]) rmSync(path, { recursive: true, force: true });
  });

  const script = (text: string) =>
    spawnSync('/bin/sh', ['-s'], {
      input: text,
      cwd: work,
      env: { PATH: process.env['PATH'] ?? '', GB_WORK: work, GB_FILES: files },
      encoding: 'utf8',
    });
  const quick = { seconds: 2, rampSeconds: 0, sizeMiB: 16 };
  const run = (id: string, parameters: Parameters) => {
    const { status, stdout, stderr } = script(
      benchmarkById(id)!.script('run', { ...quick, device, ...parameters }),
    );
    const kept = new Map(readdirSync(files).map((name) => [name, readFileSync(join(files, name), 'utf8')]));
    const output = { stdout, stderr, exitCode: status, signal: null, cancelled: false, files: kept };
    return { status, stdout, stderr, parsed: benchmarkById(id)!.parse(output) };
  };
  const told = (id = 'fio-randwrite', name = device) =>
    readConfirmation(script(benchmarkById(id)!.confirmation?.({ device: name })?.script ?? '').stdout);
  /** Tells why a write is refused, confirmed or not, and that it left the device as it was. */
  const refusal = (confirmDevice: string, more: Parameters = {}) => {
    const before = readFileSync(image);
    const { status, stderr } = run('fio-randwrite', { confirmDevice, ...more });
    expect(status).toBe(75);
    expect(readFileSync(image).equals(before)).toBe(true);
    return stderr;
  };

  it('writes to a free one that was confirmed, again too, and is read like a file', () => {
    const there = told();
    expect(there).toMatchObject({ kind: 'there', value: `${device} ${bytes}` });
    const confirmDevice = `${device} ${bytes}`;
    for (const round of [1, 2]) {
      const { status, stderr, parsed } = run('fio-randwrite', { confirmDevice });
      expect([round, status, stderr, parsed.outcome]).toEqual([round, 0, '', 'ok']);
    }
    expect(readFileSync(image).some((byte) => byte !== 0)).toBe(true);
    expect(readdirSync(work).filter((name) => name.endsWith('.dat'))).toEqual([]);
    script(benchmarkById('fio-randwrite')!.script('cleanup', { ...quick, device, confirmDevice }));
    expect(readdirSync(work)).toEqual([]);
  });

  it('reads one and leaves every byte of it', () => {
    sh(`mkfs.ext4 -q -L precious ${device}`);
    const before = readFileSync(image);
    const there = told('fio-randread');
    expect(there).toMatchObject({ kind: 'there', value: `${device} ${bytes} ext4` });
    expect(there.kind === 'there' ? there.what : '').toMatch(/^64 MiB, .*ext4 "precious"$/);
    const { status, parsed } = run('fio-randread', { confirmDevice: `${device} ${bytes} ext4` });
    expect([status, parsed.outcome]).toEqual([0, 'ok']);
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  it('is refused without a confirmation, and with that of another device, size or content', () => {
    expect(refusal('')).toContain('nobody confirmed the use of');
    expect(refusal(`/dev/sdz ${bytes}`)).toContain('confirmed was /dev/sdz');
    expect(refusal(`${device} ${bytes + 512}`)).toContain(`but there is ${device} ${bytes}`);
    expect(refusal(`${device}1 ${bytes}`)).toContain('confirmed was');
    expect(refusal(`${device} ${bytes}`, { sizeMiB: 128 })).toContain('fewer than the 134217728 bytes');
    sh(`mkfs.ext4 -q ${device}`);
    expect(refusal(`${device} ${bytes}`)).toContain(`but there is ${device} ${bytes} ext4`);
    expect(refusal(`${device} ${bytes} xfs`)).toContain('ext4');
  });

  it('writes over a filesystem that was confirmed by its name', () => {
    sh(`mkfs.ext4 -q ${device}`);
    const confirmDevice = `${device} ${bytes} ext4`;
    expect(run('fio-randwrite', { confirmDevice })).toMatchObject({ status: 0, stderr: '' });
  });

  it('is refused while it is mounted, also to read, whatever was confirmed', () => {
    sh(`mkfs.ext4 -q ${device}`);
    const mountPoint = join(root, 'mounted');
    mkdirSync(mountPoint);
    expect(sh(`mount ${device} ${mountPoint} && sync`).status).toBe(0);
    try {
      expect(told()).toEqual({ kind: 'refused', reason: `${device} is mounted at ${mountPoint}` });
      expect(refusal(`${device} ${bytes} ext4`)).toContain(`is mounted at ${mountPoint}`);
      expect(run('fio-randread', { confirmDevice: `${device} ${bytes} ext4` }).status).toBe(75);
    } finally {
      sh(`umount ${mountPoint}`);
    }
  });

  it('is refused while one of its partitions is mounted', (context) => {
    const table = Buffer.alloc(512);
    table.writeUInt8(0x83, 450);
    table.writeUInt32LE(2048, 454);
    table.writeUInt32LE(65_536, 458);
    table.writeUInt16LE(0xaa55, 510);
    spawnSync('dd', [`of=${device}`, 'bs=512', 'conv=fsync', 'status=none'], { input: table });
    sh(`partx -u ${device}`);
    const part = `${device}p1`;
    // Where no udev makes it, the node is ours to make.
    sh(`[ -b ${part} ] || mknod ${part} b $(tr : ' ' </sys/class/block/${basename(part)}/dev)`);
    if (sh(`mkfs.ext4 -q ${part}`).status !== 0) skipFor(context, 'partitions on loop devices');
    const mountPoint = join(root, 'part');
    mkdirSync(mountPoint);
    expect(sh(`mount ${part} ${mountPoint} && sync`).status).toBe(0);
    try {
      expect(refusal(`${device} ${bytes} dos`)).toContain(`${part} is mounted at ${mountPoint}`);
    } finally {
      sh(`umount ${mountPoint}; partx -d ${device}; rm -f ${part}`);
    }
  });

  it('is refused while something stands on it: device mapper, another loop device, swap', (context) => {
    const name = `gbtest${process.pid}`;
    if (sh(`echo '0 1024 linear ${device} 0' | dmsetup create ${name}`).status === 0) {
      expect(refusal(`${device} ${bytes}`)).toMatch(/is in use by dm-\d+/);
      sh(`dmsetup remove ${name}`);
    }
    const above = sh(`losetup --find --show ${device}`).stdout.trim();
    try {
      expect(refusal(`${device} ${bytes}`)).toContain('is in use by a loop device');
    } finally {
      sh(`losetup -d ${above}`);
    }
    sh(`mkswap ${device}; sync`);
    if (sh(`swapon ${device}`).status !== 0) skipFor(context, 'swapping on loop devices');
    try {
      // What the kernel swaps out meanwhile changes the device.
      const { status, stderr } = run('fio-randwrite', { confirmDevice: `${device} ${bytes} swap` });
      expect([status, stderr]).toEqual([75, expect.stringContaining('is used for swapping')]);
    } finally {
      sh(`swapoff ${device}`);
    }
  });

  it('is refused by another name than its own, and where it is none', () => {
    const link = `/dev/guestbench-test-${process.pid}`;
    symlinkSync(device, link);
    try {
      expect(told('fio-randwrite', link)).toEqual({
        kind: 'refused',
        reason: `${link} is a link to ${device}: name that`,
      });
      expect(refusal(`${link} ${bytes}`, { device: link })).toContain('is a link to');
    } finally {
      rmSync(link);
    }
    expect(refusal('/dev/null 0', { device: '/dev/null' })).toContain('is not a block device');
    expect(refusal('/dev/nothing 0', { device: '/dev/nothing' })).toContain('is not a block device');
  });

  it('is refused while it is read-only', () => {
    sh(`blockdev --setro ${device}`);
    try {
      expect(refusal(`${device} ${bytes}`)).toContain('is read-only');
    } finally {
      // The kernel keeps it for the next user of this loop device.
      sh(`blockdev --setrw ${device}`);
    }
  });
});
