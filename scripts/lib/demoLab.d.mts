export interface DemoGuest {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile: string;
  readonly server: 'openssh' | 'in-process';
}
export interface DemoLab {
  /** The text of a guestbench.lab.json with both guests. */
  readonly labText: string;
  readonly knownHostsFile: string;
  /** Where the lab's guests keep the extension's files: `<prefix>-<uid>`. */
  readonly prefix: string;
  readonly guests: readonly DemoGuest[];
  /** Ends both servers and whatever their sessions started. */
  stop(): Promise<void>;
}
/** Starts two SSH servers on 127.0.0.1 that lead to this machine; keys and ports are kept in `folder`. */
export function startDemoLab(folder: string, options?: { readonly openSsh?: boolean }): Promise<DemoLab>;
