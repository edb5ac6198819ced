/** Where the packaged extension is. */
export function vsixPath(): string;
