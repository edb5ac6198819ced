import type { LeaseTimes } from '../../src/experiment/leases';

/** What a controller process is to do. */
export interface ControllerOrder {
  readonly mode: 'run' | 'resume' | 'clean';
  readonly file: string;
  readonly id: string;
  readonly seed: number;
  readonly rounds: number;
  readonly user: string;
  readonly storeFile: string;
  readonly knownHostsFile: string;
  readonly guests: readonly { readonly name: string; readonly port: number; readonly keyFile: string }[];
  readonly clockOffsetMs: number;
  /** Where experiments of this computer remember what they could not give back. */
  readonly leftLeases: string;
  readonly leaseTimes: LeaseTimes;
}

/** Lines on its standard input. */
export type Order =
  | { readonly type: 'clock'; readonly jumpMs: number }
  | { readonly type: 'die-in-write' }
  | { readonly type: 'stop' }
  | { readonly type: 'give-up' }
  | { readonly type: 'leave' };

/** Lines on its standard output. */
export type ControllerEvent =
  | { readonly type: 'start' | 'output'; readonly trial: string }
  | { readonly type: 'end'; readonly trial: string; readonly outcome: string; readonly reason: string }
  | {
      readonly type: 'wait';
      readonly guest: string;
      readonly holder: string | undefined;
      readonly job: string | undefined;
    }
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'summary'; readonly reason: string; readonly ok: number }
  | { readonly type: 'error'; readonly message: string };
