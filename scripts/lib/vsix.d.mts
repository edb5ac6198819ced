/** Where the packaged extension is. */
export function vsixPath(): string;

/** A production build, packaged; fails when it holds anything unexpected or is too large. */
export function packageExtension(): Promise<string>;
