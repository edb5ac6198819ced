/** What a stranger can put in the place of a file. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

export interface Odd {
  readonly kind: string;
  /** What the error says of it. */
  readonly said: RegExp;
  /** Puts it there; returns what takes it away again if that is more than to delete it. */
  readonly make: (file: string) => (() => void) | Promise<() => void>;
}

const nothing = (): void => undefined;

function made(work: () => void): () => void {
  work();
  return nothing;
}

const gib = 1024 ** 3;

/** None of them may be waited for, nor read into memory. */
export const odd: readonly Odd[] = [
  {
    kind: 'a folder',
    said: /cannot be read: it is a folder, not an ordinary file/,
    make: (file) => made(() => mkdirSync(file)),
  },
  {
    kind: 'a named pipe that nobody writes to',
    said: /cannot be read: it is a named pipe, not an ordinary file/,
    make: (file) => made(() => execFileSync('mkfifo', [file])),
  },
  {
    kind: 'a link to a device without an end',
    said: /cannot be read: it is a device, not an ordinary file/,
    make: (file) => made(() => symlinkSync('/dev/zero', file)),
  },
  {
    kind: 'a link to the terminal',
    said: /cannot be read: it is a device, not an ordinary file/,
    make: (file) => made(() => symlinkSync('/dev/tty', file)),
  },
  {
    kind: 'a socket',
    said: /cannot be read: it is a socket, not an ordinary file/,
    make: async (file) => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(file, resolve));
      return () => server.close();
    },
  },
  {
    kind: 'a link to itself',
    said: /cannot be read: it is a link that leads back to itself/,
    make: (file) => made(() => symlinkSync(file, file)),
  },
  {
    kind: 'a link that leads nowhere',
    said: /cannot be read: it is a link to \/nowhere\/at\/all, and that is not there/,
    make: (file) => made(() => symlinkSync('/nowhere/at/all', file)),
  },
  {
    kind: '10 GiB without content',
    said: /cannot be read: it has 10 GiB/,
    make: (file) =>
      made(() => {
        writeFileSync(file, '');
        truncateSync(file, 10 * gib);
      }),
  },
];
