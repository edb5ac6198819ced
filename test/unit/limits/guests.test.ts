import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OutputCollector } from '../../../src/experiment/collector';
import { XentopReader } from '../../../src/experiment/xentop';
import { FrameReader } from '../../../src/ssh/frames';
import { ByteQueue } from '../../../src/ssh/byteQueue';
import { JobStream } from '../../../src/ssh/jobStream';
import { PreparedJob } from '../../../src/ssh/preparedJob';
import type { ExecOptions } from '../../../src/ssh/transport';
import { growth, mostGrowth } from './scaling';

const positions = () => ({ stdout: { taken: 0, at: 0 }, stderr: { taken: 0, at: 0 } });
const live = { onChunk: () => undefined, onSkip: () => undefined };
const stream = () => new JobStream('e1.t1', positions(), {}, live);

/** Byte by byte, as a guest may send them. */
function pieces(text: string, add: (chunk: Buffer) => void): void {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at++) add(bytes.subarray(at, at + 1));
}

describe('bytes that come one by one', () => {
  it('take time that grows with their number, as noise before a follower answers', () => {
    const act = (length: number) => () => {
      const frames = new FrameReader(() => undefined);
      pieces('x'.repeat(length), (chunk) => frames.add(chunk));
    };
    expect(growth(act, 60_000)).toBeLessThan(mostGrowth);
  });

  it('take time that grows with their number, as a file that is awaited whole', () => {
    const act = (length: number) => () => {
      const reader = new FrameReader(() => undefined);
      reader.add(Buffer.from(`GB1 follow 1\nGB1 file ${length + 10} a\n`));
      pieces('x'.repeat(length), (chunk) => reader.add(chunk));
    };
    expect(growth(act, 60_000)).toBeLessThan(mostGrowth);
  });

  it('take time that grows with their number, as noise before a prepared job is ready', () => {
    const act = (length: number) => () => {
      let options: ExecOptions = {};
      new PreparedJob('e1.t1', 'true', (given) => {
        options = given;
        return new Promise(() => undefined);
      });
      pieces('x'.repeat(length), (chunk) => options.onStdout?.(chunk));
    };
    expect(growth(act, 60_000)).toBeLessThan(mostGrowth);
  });

  it('stay in order in a queue, whatever is taken between them', () => {
    const queue = new ByteQueue();
    let taken = '';
    let given = '';
    for (let round = 0; round < 3_000; round++) {
      const chunk = String(round).repeat(1 + (round % 7));
      given += chunk;
      queue.add(Buffer.from(chunk));
      if (round % 3 === 0) taken += queue.take((round * 5) % (queue.length + 1)).toString();
      if (round % 11 === 0 && queue.length > 0) expect(queue.indexOf(queue.view(0, 1))).toBe(0);
    }
    taken += queue.take(queue.length).toString();
    expect(taken).toBe(given);
    expect(queue.length).toBe(0);
  });
});

describe('what nobody asked a guest for', () => {
  it('is refused before it fills the memory: a hundred files of a megabyte', () => {
    const job = stream();
    const file = Buffer.alloc(1024 * 1024, 'x');
    job.add(Buffer.from('GB1 follow 1\n'));
    expect(() => {
      for (let index = 0; index < 100; index++) {
        job.add(Buffer.from(`GB1 file ${file.length} f${index}\n`));
        job.add(file);
      }
    }).toThrow(/more result files than it was asked for/);
  });

  it('is refused before it fills the memory: files without end', () => {
    const job = stream();
    job.add(Buffer.from('GB1 follow 1\n'));
    expect(() => {
      for (let index = 0; index < 5_000; index++) job.add(Buffer.from(`GB1 file 1 f${index}\nx`));
    }).toThrow(/more result files than it was asked for/);
  });

  it('ends a prepared job: what comes of a follower nobody follows', () => {
    let options: ExecOptions = {};
    const job = new PreparedJob('e1.t1', 'true', (given) => {
      options = given;
      return new Promise(() => undefined);
    });
    options.onStdout?.(Buffer.from('GB1 ready=1\n'));
    void job.start([]);
    options.onStdout?.(Buffer.from('GB1 state=running\n'));
    expect(job.isStarted).toBe(true);
    for (let count = 0; count < 6; count++) options.onStdout?.(Buffer.alloc(1024 * 1024));
    expect(options.signal?.aborted).toBe(true);
    expect(job.isStarted).toBe(false);
  });
});

describe('output without end', () => {
  it('is refused beyond what any benchmark prints, so it cannot fill the disk here', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gb-limits-'));
    try {
      const collector = new OutputCollector(join(folder, 'out.txt'), 3 * 1024 * 1024);
      const chunk = Buffer.alloc(1024 * 1024, 'x');
      for (let count = 0; count < 3; count++) collector.add(chunk);
      expect(() => collector.add(chunk)).toThrow(/printed more than 3 MiB/);
      expect(collector.byteCount).toBe(3 * 1024 * 1024);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of xentop is thinned: pages that come faster than once in half a second, and domains by the thousand', () => {
    const reader = new XentopReader();
    const row = (name: string): string => `  ${name} --b---  10  5.0  1000\n`;
    const rows = Array.from({ length: 6_000 }, (_, index) => row(`d${index}`)).join('');
    reader.add('NAME  STATE  CPU(sec)\n', 0);
    for (let page = 1; page <= 100; page++)
      reader.add(`${page < 3 ? rows : row('a')}NAME  STATE  CPU(sec)\n`, page * 10);
    const samples = reader.samples();
    expect(samples.length).toBeLessThan(3);
    for (const { percent } of samples) expect(percent.size).toBeLessThanOrEqual(4_096);
  });
});
