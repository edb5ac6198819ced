/** Shapes that tell experiments apart in a chart and beside it, drawn in a box from -1 to 1. */
const outlines = [
  'M-1,0A1,1 0 1 1 1,0A1,1 0 1 1 -1,0Z',
  'M-0.85,-0.85H0.85V0.85H-0.85Z',
  'M0,-1.1L1.05,0.8H-1.05Z',
  'M0,-1.2L1.2,0L0,1.2L-1.2,0Z',
  'M0,1.1L1.05,-0.8H-1.05Z',
  'M-0.4,-1.1H0.4V-0.4H1.1V0.4H0.4V1.1H-0.4V0.4H-1.1V-0.4H-0.4Z',
] as const;

/** The path of an experiment's shape; after six the shapes come again, the letters never. */
export const experimentOutline = (index: number): string => outlines[index % outlines.length] ?? outlines[0];

/** A, B, … Z, AA, …: what an experiment is called where its label has no room. */
export function experimentLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? experimentLetter(rest - 1) : '') + String.fromCharCode(65 + (index % 26));
}
