export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly texts: readonly string[];
}
export const allowedLicences: readonly string[];
export function packageIn(folder: string): ThirdParty;
export function checkLicences(packages: readonly ThirdParty[]): void;
export function noticesOf(packages: readonly ThirdParty[]): string;
export function sbomOf(
  packages: readonly ThirdParty[],
  product: { readonly name: string; readonly version: string; readonly license: string },
): string;
