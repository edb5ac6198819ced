import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RasterRequest } from '../../../src/report/hostMessage';
import { readRasterRequest } from '../../../src/report/hostMessage';
import { readPageMessage } from '../../../src/report/protocol';
import { Rasteriser } from '../../../src/ui/rasteriser';

const drawing = { svg: '<svg/>', width: 920, height: 300 };
const words = { closed: 'closed', slow: 'slow', failed: 'failed' };
let posted: RasterRequest[];
let rasteriser: Rasteriser;

beforeEach(() => {
  vi.useFakeTimers();
  posted = [];
  rasteriser = new Rasteriser((message) => posted.push(message), words);
});
afterEach(() => {
  rasteriser.dispose();
  vi.useRealTimers();
});

it('gives each asker the picture of its own request', async () => {
  const [first, second] = [rasteriser.draw(drawing), rasteriser.draw({ ...drawing, svg: '<svg></svg>' })];
  expect(posted.map(({ request, svg }) => [request, svg])).toEqual([
    [1, '<svg/>'],
    [2, '<svg></svg>'],
  ]);
  for (const message of posted) expect(readRasterRequest(message)).toEqual(message);
  rasteriser.take(2, Buffer.from('two').toString('base64'));
  rasteriser.take(1, Buffer.from('one').toString('base64'));
  rasteriser.take(1, Buffer.from('again').toString('base64'));
  expect(Buffer.from(await first).toString()).toBe('one');
  expect(Buffer.from(await second).toString()).toBe('two');
  expect(vi.getTimerCount()).toBe(0);
});

it('asks a page that was made anew again, for what is still open only', async () => {
  const done = rasteriser.draw(drawing);
  rasteriser.askAgain();
  expect(posted.map(({ request }) => request)).toEqual([1, 1]);
  rasteriser.take(1, 'AAAA');
  await done;
  rasteriser.askAgain();
  expect(posted).toHaveLength(2);
});

it.each([
  ['slow', () => vi.advanceTimersByTime(30_000)],
  ['closed', () => rasteriser.dispose()],
  ['failed', () => rasteriser.fail(1)],
])('ends with a sentence, never waits for ever: %s', async (why, happen) => {
  const refused = expect(rasteriser.draw(drawing)).rejects.toThrow(why);
  happen();
  await refused;
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  { type: 'raster', request: 1, png: '' },
  { type: 'raster', request: -1, png: 'AAAA' },
  { type: 'raster', request: 1, png: '<svg onload=alert(1)>' },
  { type: 'raster', request: 1, png: 'A'.repeat(20_000_001) },
  { type: 'saveChart', candidate: 'x'.repeat(1001) },
  { type: 'rasterFailed', request: 1, message: 'x'.repeat(1001) },
])('is not told by the page what it cannot be', (message) => {
  expect(readPageMessage(message).status).toBe('dropped');
});

it('takes what a page does say', () => {
  for (const message of [
    { type: 'raster', request: 1, png: 'iVBORw0KGgo=' },
    { type: 'rasterFailed', request: 1, message: 'no canvas' },
    { type: 'saveChart' },
    { type: 'saveChart', candidate: 'b', metric: 'openssl/sign' },
  ])
    expect(readPageMessage(message)).toEqual({ status: 'ok', message });
});

it.each([null, {}, { type: 'model' }, { type: 'rasterise', request: 1, svg: 2, width: 1, height: 1 }])(
  'is a request only when it is whole: %j',
  (data) => expect(readRasterRequest(data)).toBeUndefined(),
);
