import * as vscode from 'vscode';
import { Disposable } from '../model/disposable';
import type { GuestService } from './guestService';
import type { LabService } from './labService';
import { setting } from './settings';

const leastSeconds = 60;

/**
 * Asks guests what they are when the view is first seen and then now and again while it stays visible. Never
 * disturbs a guest that is being measured, never asks a person anything.
 */
export class RefreshTimer extends Disposable {
  private isVisible = false;
  private timer: NodeJS.Timeout | undefined;
  /** New guests that are being asked, or wait for another one of their host. */
  private readonly asking = new Set<string>();

  constructor(
    private readonly lab: LabService,
    private readonly guests: GuestService,
  ) {
    super();
    this.register({ dispose: () => clearTimeout(this.timer) });
    this.register(lab.onDidChange(() => void this.askNew()));
    // A guest that was added beside a running experiment is asked as soon as its host is free.
    this.register(guests.onDidChange(() => void this.askNew()));
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.askNew()));
  }

  setVisible(isVisible: boolean): void {
    this.isVisible = isVisible;
    clearTimeout(this.timer);
    if (isVisible) void this.start();
  }

  private async start(): Promise<void> {
    await this.lab.open();
    await this.askNew();
    this.again();
  }

  private again(): void {
    clearTimeout(this.timer);
    const seconds = setting('refreshSeconds');
    if (!this.isVisible || this.isDisposed || seconds === 0) return;
    this.timer = setTimeout(
      () => {
        void this.ask(this.names().filter((name) => this.isIdle(name))).then(() => this.again());
      },
      Math.max(leastSeconds, seconds) * 1000,
    );
    this.timer.unref();
  }

  /** Guests that nobody has asked yet, except beside a guest that is being measured. */
  private async askNew(): Promise<void> {
    if (!this.isVisible || this.isDisposed || setting('refreshSeconds') === 0) return;
    const names = this.names().filter(
      (name) => this.isNew(name) && this.isIdle(name) && !this.asking.has(name),
    );
    for (const name of names) this.asking.add(name);
    await this.ask(names);
    for (const name of names) this.asking.delete(name);
  }

  private async ask(names: readonly string[]): Promise<void> {
    if (!vscode.workspace.isTrusted || names.length === 0) return;
    await this.guests.refresh(names, 'silent');
  }

  private names(): readonly string[] {
    return this.lab.lab.guests.map((guest) => guest.name);
  }

  private isNew(name: string): boolean {
    return this.guests.state(name).kind === 'unknown';
  }

  /** A probe on one guest disturbs the trial of another on the same host. */
  private isIdle(name: string): boolean {
    const host = this.lab.lab.guests.find((guest) => guest.name === name)?.host;
    return this.guests.busyOn(host) === undefined;
  }
}
