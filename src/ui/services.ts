import type * as vscode from 'vscode';
import type { HostKeys } from '../ssh/hostKeys';
import type { ConnectionPool } from '../ssh/pool';
import type { ComparePanels } from './comparePanels';
import type { ExperimentService } from './experimentService';
import type { GuestService } from './guestService';
import type { LabService } from './labService';
import type { Log } from './log';
import type { VscodePrompter } from './prompter';
import type { ReportEditor } from './reportEditor';
import type { TrendPanels } from './trendPanel';

/** What commands work with. */
export interface Services {
  readonly log: Log;
  readonly lab: LabService;
  readonly guests: GuestService;
  readonly experiments: ExperimentService;
  readonly reports: ReportEditor;
  readonly compared: ComparePanels;
  readonly trends: TrendPanels;
  readonly pool: ConnectionPool;
  readonly hostKeys: HostKeys;
  readonly prompter: VscodePrompter;
  readonly storageUri: vscode.Uri;
  readonly extensionUri: vscode.Uri;
}
