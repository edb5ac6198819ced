import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsers, tools, type TrialOutput } from '../../../src/benchmarks/parsers';
import { captures, type Capture } from './captures';
import { asOutputs, change, complaint, longTexts, mutate, spliced, warnings, type Change } from './damage';

/** Damaged outputs per parser; `npm run fuzz` tries as many as there is time for. */
const numRuns = 700;
const seed = 20_130_101;
const megabyte = 1024 * 1024;

describe.each(tools)('%s: damaged output', (tool) => {
  const good = captures.filter((capture) => capture.tool === tool && capture.output.exitCode === 0);
  const parse = parsers[tool];
  const originals = new Map(good.map((capture) => [capture, parse(capture.output)]));
  const check = (names: readonly Capture[], damaged: TrialOutput) => {
    const wrong = complaint(
      names.map((capture) => originals.get(capture)!),
      parse(damaged),
    );
    if (wrong !== undefined) throw new Error(`${names.map(({ name }) => name).join(' and ')}: ${wrong}`);
  };
  const limit = { timeout: 60_000 + numRuns * 60 };

  it('gives a reason or a figure of the undamaged output, never another one', limit, () => {
    fc.assert(
      fc.property(fc.constantFrom(...good), change, change, fc.boolean(), (capture, out, file, withFiles) => {
        check([capture], mutate(capture, out, file, withFiles || capture.output.stdout === ''));
      }),
      { numRuns, seed },
    );
  });

  it('never takes figures of two outputs that are mixed up for those of one', limit, () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const ok = good.filter((capture) => originals.get(capture)?.outcome !== 'failed');
    fc.assert(
      fc.property(fc.constantFrom(...ok), fc.constantFrom(...ok), place, (first, second, share) => {
        check([first, second], spliced(first, second, share));
      }),
      { numRuns: Math.ceil(numRuns / 10), seed },
    );
  });

  it('gives a reason or a figure of the undamaged output wherever it is cut', limit, () => {
    const same: Change = (text) => text;
    for (const capture of good) {
      const texts = [capture.output.stdout, ...capture.output.files.values()];
      const longest = Math.max(...texts.map(({ length }) => length));
      // Every place in a short output, and about as many places in a long one.
      const step = Math.max(1, Math.ceil(longest / Math.max(numRuns, 1)));
      for (let length = 0; length < longest; length += step) {
        const cut: Change = (text) => text.slice(0, length);
        check([capture], mutate(capture, cut, same, capture.output.stdout === ''));
        check([capture], mutate(capture, same, cut, true));
      }
    }
  });

  it('reads lines that end with CR LF, and warnings between lines, as before', () => {
    const windows: Change = (text) => text.replaceAll('\n', '\r\n');
    for (const capture of good) {
      const original = originals.get(capture)!;
      expect(parse(mutate(capture, windows, windows, true)), capture.name).toMatchObject({
        outcome: original.outcome,
        metrics: original.metrics,
      });
      if (original.outcome !== 'ok' || tool === 'sysbench') continue;
      for (const warning of warnings) {
        const warned = mutate(
          capture,
          (text) => `${warning}${text}`,
          (text) => text,
          true,
        );
        expect(parse(warned).metrics, `${capture.name}: ${warning}`).toEqual(original.metrics);
      }
    }
  });

  it('does not choke on anything at all', limit, () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2000 }),
        fc.string({ unit: 'binary' }),
        (stdout, file) => {
          const names = ['out.json', 'composite.xml', 'terminal.txt', 'results/run1'];
          const files = new Map(names.map((name) => [name, file]));
          const output = { stdout, stderr: file, exitCode: 0, signal: null, cancelled: false, files };
          expect(parse(output)).toMatchObject({ outcome: 'failed', metrics: [] });
          expect(complaint([], parse(output))).toBeUndefined();
        },
      ),
      { numRuns: Math.ceil(numRuns / 4), seed },
    );
  });
});

describe('long output', () => {
  // A reader that is not linear does not come to the end of a megabyte before the test runner stops it.
  const every = 12;
  it.each(tools)('%s comes to an end on a megabyte of anything', { timeout: 300_000 }, (tool) => {
    for (const text of longTexts.filter((_, index) => index % every === 0)) {
      for (const output of asOutputs(text)) {
        const parsed = parsers[tool](output);
        expect(['ok', 'failed']).toContain(parsed.outcome);
      }
    }
  });

  it('is refused beyond what any tool prints, with the reason, however long it is', () => {
    const noise = 'a line of noise\n'.repeat((200 * megabyte) / 16);
    for (const tool of tools) {
      for (const output of asOutputs(noise)) {
        const { outcome, metrics, reason } = parsers[tool](output);
        expect([outcome, metrics]).toEqual(['failed', []]);
        expect(reason).toMatch(/is longer than the 16 MiB that are read/);
      }
    }
  });
});
