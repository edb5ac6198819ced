const mib = 1024 * 1024;

/** The longest experiment file that is read; docs/FILE-FORMAT.md lists these limits. */
export const experimentFileBytes = 512 * mib;
/** The longest line of an experiment file. */
export const experimentLineBytes = 64 * mib;
/** A lab of ten thousand guests is not that long. */
export const labFileBytes = mib;
/** The longest file that is imported. */
export const importBytes = 256 * mib;
/** A private or public key. */
export const keyFileBytes = mib;
/** An OpenSSH configuration, and each file that it includes. */
export const configFileBytes = mib;
/** A lock says who holds it, and nothing else. */
export const lockFileBytes = 64 * 1024;

/** `512 MiB`, of a number of bytes; from 10 MiB on without a fraction. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [value, unit] =
    bytes < mib
      ? [bytes / 1024, 'KiB']
      : bytes < 1024 * mib
        ? [bytes / mib, 'MiB']
        : [bytes / (1024 * mib), 'GiB'];
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${unit}`;
}
