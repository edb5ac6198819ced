import type { Mode } from '../../model/guest';
import type { ReportGuest, Verdict } from '../shape';

/** What the page, its style sheet and the charts call a guest's colour. */
export type GuestTone = 'pv' | 'pvhvm' | 'hvm' | 'pvh' | 'other' | 'second';

const modeTones: Readonly<Partial<Record<Mode, GuestTone>>> = {
  PV: 'pv',
  PVHVM: 'pvhvm',
  HVM: 'hvm',
  PVH: 'pvh',
};
const toneOf = (guest: ReportGuest | undefined): GuestTone => (guest && modeTones[guest.mode]) ?? 'other';

/** A guest's colour is its mode's; beside a guest of the same colour, a candidate takes a second one. */
export function guestTone(guest: ReportGuest | undefined, beside?: ReportGuest): GuestTone {
  const own = toneOf(guest);
  return beside !== undefined && toneOf(beside) === own ? 'second' : own;
}

/** Colours of a chart, as they stand in SVG attributes. */
export interface Palette {
  readonly foreground: string;
  readonly muted: string;
  readonly background: string;
  readonly grid: string;
  readonly faster: string;
  readonly slower: string;
  readonly equivalent: string;
  readonly tones: Readonly<Record<GuestTone, string>>;
}

/** For a chart that stands alone: dark on white wherever it is put. All of them have a contrast of 4.5 and more. */
export const lightPalette: Palette = {
  foreground: '#1f1f1f',
  muted: '#5c5c5c',
  background: '#ffffff',
  grid: '#c4c4c4',
  faster: '#23721f',
  slower: '#b9250b',
  equivalent: '#0062b1',
  tones: {
    pv: '#9a5b00',
    pvhvm: '#0067a3',
    hvm: '#9b2f86',
    pvh: '#007a5a',
    other: '#616161',
    second: '#652d90',
  },
};

export const darkPalette: Palette = {
  foreground: '#e6e6e6',
  muted: '#ababab',
  background: '#1b1b1b',
  grid: '#4d4d4d',
  faster: '#89d185',
  slower: '#f58b7d',
  equivalent: '#6cb6ff',
  tones: {
    pv: '#d7a65f',
    pvhvm: '#4fb6e8',
    hvm: '#d98cc8',
    pvh: '#59c9a5',
    other: '#a6a6a6',
    second: '#b99ae8',
  },
};

/** For charts inside a document whose style sheet sets these properties. */
export const variablePalette: Palette = named((name) => `var(--${name})`);

/** `--name: value;` for every colour of a palette. */
export function variablesOf(palette: Palette): string {
  const { tones, ...plain } = palette;
  return Object.entries({ ...plain, ...tones })
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ');
}

function named(of: (name: string) => string): Palette {
  return {
    foreground: of('foreground'),
    muted: of('muted'),
    background: of('background'),
    grid: of('grid'),
    faster: of('faster'),
    slower: of('slower'),
    equivalent: of('equivalent'),
    tones: {
      pv: of('pv'),
      pvhvm: of('pvhvm'),
      hvm: of('hvm'),
      pvh: of('pvh'),
      other: of('other'),
      second: of('second'),
    },
  };
}

export function verdictPaint(verdict: Verdict, palette: Palette): string {
  switch (verdict) {
    case 'faster':
    case 'slower':
    case 'equivalent':
      return palette[verdict];
    case 'inconclusive':
      return palette.foreground;
    case 'insufficient':
    case 'refused':
    case 'untested':
      return palette.muted;
  }
}
