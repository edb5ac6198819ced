// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { table } from '../../../webview/dom';
import { inSlices } from '../../../webview/slices';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('work in slices', () => {
  it('does the first at once, the others in order later, and says when it is done', () => {
    const done: number[] = [];
    const whenDone = vi.fn();
    inSlices([1, 2, 3, 4, 5], 2, (item) => void done.push(item), whenDone);
    expect(done).toEqual([1, 2]);
    expect(whenDone).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(done).toEqual([1, 2, 3, 4, 5]);
    expect(whenDone).toHaveBeenCalledTimes(1);
  });

  it('pauses when a slice has taken its time, until the page was drawn', () => {
    const done: number[] = [];
    const slow = (item: number): void => {
      done.push(item);
      now += 20;
    };
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    inSlices([1, 2, 3], 0, slow);
    const nextSlice = (): void => {
      vi.advanceTimersToNextFrame();
      vi.advanceTimersToNextTimer();
    };
    expect(done).toEqual([]);
    nextSlice();
    expect(done).toEqual([1]);
    nextSlice();
    expect(done).toEqual([1, 2]);
    vi.runAllTimers();
    expect(done).toEqual([1, 2, 3]);
  });

  it('does less at a time where what it made takes long to draw, and more where it does not', () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let doneInSlice = 0;
    const work = (): void => {
      doneInSlice += 1;
      now += 1;
    };
    const stop = inSlices(
      Array.from({ length: 10_000 }, (_, index) => index),
      0,
      work,
    );
    const slices = (count: number, drawingMs: number): number[] =>
      Array.from({ length: count }, () => {
        doneInSlice = 0;
        vi.advanceTimersToNextFrame();
        vi.advanceTimersToNextTimer();
        now += drawingMs;
        return doneInSlice;
      });
    const [first, ...slow] = slices(8, 80);
    expect(slow.at(-1)).toBeLessThan(first ?? 0);
    expect(slow.at(-1)).toBeGreaterThan(0);
    const quick = slices(12, 5);
    expect(quick.at(-1)).toBeGreaterThan(first ?? 0);
    expect(new Set(quick.slice(-3)).size).toBe(1);
    stop();
  });

  it('is done at once when there is nothing more, and leaves out what is given up', () => {
    const whenDone = vi.fn();
    inSlices([1], 2, () => undefined, whenDone);
    inSlices([], 2, () => undefined, whenDone);
    expect(whenDone).toHaveBeenCalledTimes(2);
    const done: number[] = [];
    inSlices([1, 2, 3], 1, (item) => void done.push(item), whenDone)();
    vi.runAllTimers();
    expect(done).toEqual([1]);
    expect(whenDone).toHaveBeenCalledTimes(2);
  });
});

describe('a long table', () => {
  const rows = Array.from({ length: 500 }, (_, index) => () => [`row ${index}`]);
  const texts = (made: HTMLElement) => [...made.querySelectorAll('tbody tr')].map((row) => row.textContent);

  it('has all its rows in the end, made only as they are needed', () => {
    const made = table('Rows', [{ title: 'Row' }], rows);
    document.body.replaceChildren(made);
    const first = texts(made).length;
    expect(first).toBeGreaterThan(30);
    expect(first).toBeLessThan(500);
    vi.runAllTimers();
    expect(texts(made)).toEqual(rows.map((row) => row()[0]));
  });

  it('makes no rows for a page that has it no more', () => {
    const made = table('Rows', [{ title: 'Row' }], rows);
    document.body.replaceChildren(made);
    const first = texts(made).length;
    made.remove();
    vi.runAllTimers();
    expect(texts(made)).toHaveLength(first);
  });
});
