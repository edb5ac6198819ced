import type { VscodeHost } from './vscodeHost.mjs';
export interface ServerOptions {
  readonly port?: number;
  /** A profile folder of the caller's (makeProfile); without it a fresh one, removed at the end. */
  readonly profile?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Makes the page accept `url({ extension, tests })`; notification toasts then never show. */
  readonly development?: boolean;
  readonly trustEveryFolder?: boolean;
  readonly log?: boolean;
}
export interface VscodeServer {
  readonly port: number;
  readonly origin: string;
  readonly profile: string;
  readonly exited: Promise<number | null>;
  output(): string;
  url(page?: { readonly folder?: string; readonly extension?: string; readonly tests?: string }): string;
  stop(): Promise<void>;
}
export const quietSettings: Readonly<Record<string, unknown>>;
/** A fresh private profile in a path short enough for VS Code's sockets. */
export function makeProfile(): string;
/** Installs a .vsix into a profile. */
export function installExtension(host: VscodeHost, profile: string, vsix: string): Promise<void>;
/** Starts VS Code's server on 127.0.0.1 with a private profile. */
export function startServer(host: VscodeHost, options?: ServerOptions): Promise<VscodeServer>;
