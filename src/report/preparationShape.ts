/** What stands in a cell of the table of guests and benchmarks. */
export const cellStates = [
  'checking',
  'ready',
  'missing',
  'root',
  'absent',
  'space',
  'architecture',
  'source',
  'problem',
  'unreachable',
] as const;
export type CellState = (typeof cellStates)[number];

export interface PreparationCell {
  readonly state: CellState;
  /** The state in a word or two. */
  readonly word: string;
  /** A version, packages: short. */
  readonly text: string;
  /** The whole reason, on demand; empty: there is no more to say. */
  readonly details: string;
}

/** A column of the table, and what is to be done on this guest. */
export interface PreparationGuest {
  readonly name: string;
  readonly packages: readonly string[];
  /** The exact commands, in their order. */
  readonly commands: readonly string[];
  /** Who runs them, and how; empty when there are none. */
  readonly how: string;
  /** What happened to the last installation, or keeps it from happening; empty: nothing. */
  readonly trouble: string;
  /** What is done there now; empty: nothing. */
  readonly activity: string;
}

/** What the person can do now besides installing. */
export interface Detour {
  /** Names or titles of what is left out. */
  readonly without: readonly string[];
}

export interface PreparationModel {
  readonly purpose: 'prepare' | 'run';
  /** One sentence: how things stand. */
  readonly headline: string;
  readonly benchmarks: readonly { readonly id: string; readonly title: string }[];
  readonly guests: readonly PreparationGuest[];
  /** By benchmark, then by guest. */
  readonly cells: readonly (readonly PreparationCell[])[];
  readonly busy: 'no' | 'checking' | 'installing';
  /** Guests that packages can be installed on from here. */
  readonly installable: number;
  /** Only while a run waits: what it can go on without. */
  readonly withoutGuests: Detour | undefined;
  readonly withoutBenchmarks: Detour | undefined;
}
