import type { GuestSamples, Sample } from './shape';

/** The samples of each side by block, blocks rising; lists, as a warm-up can have been repeated. */
export function samplesByBlock(
  sides: readonly { readonly samples: GuestSamples }[],
): readonly (readonly [block: number, sides: readonly (readonly Sample[])[]])[] {
  const blocks = new Map<number, Sample[][]>();
  sides.forEach(({ samples }, side) => {
    for (const sample of samples.samples) {
      const row = blocks.get(sample.block) ?? sides.map(() => []);
      blocks.set(sample.block, row);
      row[side]?.push(sample);
    }
  });
  return [...blocks].sort(([a], [b]) => a - b);
}
