import type * as vscode from 'vscode';
import type { HostKeys } from '../ssh/hostKeys';
import type { ConnectionPool } from '../ssh/pool';
import type { ExperimentService } from './experimentService';
import type { GuestService } from './guestService';
import type { LabService } from './labService';
import type { Log } from './log';
import type { VscodePrompter } from './prompter';
import type { Reports } from './reports';
import type { UploadConsent } from './uploadConsent';

/** What commands work with. */
export interface Services {
  readonly log: Log;
  readonly lab: LabService;
  readonly guests: GuestService;
  readonly experiments: ExperimentService;
  /** Loads what shows results when it is first asked for. */
  readonly reports: () => Promise<Reports>;
  readonly pool: ConnectionPool;
  readonly hostKeys: HostKeys;
  readonly prompter: VscodePrompter;
  /** Which files of this computer may be uploaded. */
  readonly consent: UploadConsent;
  readonly storageUri: vscode.Uri;
  readonly extensionUri: vscode.Uri;
}
