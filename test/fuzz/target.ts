/** A reader of foreign bytes. */
export interface Target {
  readonly name: string;
  /** Undamaged inputs. */
  readonly seeds: readonly string[];
  /** Words of the format, beside those that are tried with every reader. */
  readonly words?: readonly string[];
  /** Share of the inputs. Default 1; less where one input takes long. */
  readonly weight?: number;
  /** How long the inputs are that show whether its time is linear, in characters. Default 256 Ki; 0: none. */
  readonly pumpLength?: number;
  /**
   * The longest input that it reads, in characters, where that is little: longer ones are refused, or cut. It need not
   * be quick for each MiB then, but be done with one of that length. Absent: as much as comes.
   */
  readonly most?: number;
  /** CPU time in ms for the longest input. Default 250. */
  readonly mostMs?: number;
  /** @throws whatever breaks a property of the reader: an error of an undeclared kind, or a `Broken`. */
  readonly read: (input: string) => void | Promise<void>;
}

/** A property does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what);
}

type ErrorKind = abstract new (...given: never[]) => Error;

/** Reads, and takes errors of the declared kinds for an answer. Undefined: it was refused. */
export function declared<T>(kinds: readonly ErrorKind[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    const { message } = error as Error;
    must(message.length > 0 && message.length < 5000, `an error of ${message.length} characters`);
    return undefined;
  }
}
