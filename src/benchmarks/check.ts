/** What the `check` phase of a benchmark found on a guest. */
export type CheckResult =
  | { readonly state: 'ready'; readonly version: string }
  | {
      readonly state: 'missing';
      readonly command: string;
      /** The package to install with the guest's package manager. */
      readonly package: string;
      /** The exact command that installs it, or undefined when the guest has no known package manager. */
      readonly install: string | undefined;
    }
  | { readonly state: 'problem'; readonly reason: string };
