import { ComparePanels } from './comparePanels';
import { ReportEditor } from './reportEditor';
import type { ReportTools } from './reportPanel';
import { TrendPanels } from './trendPanel';
import { TrialOutputs } from './trialOutputs';

/** Everything that shows results; loaded when the first of it is opened. */
export class Reports {
  readonly editor: ReportEditor;
  readonly compared: ComparePanels;
  readonly trends: TrendPanels;
  readonly outputs = new TrialOutputs();

  constructor(shared: Omit<ReportTools, 'outputs'>) {
    const tools = { ...shared, outputs: this.outputs };
    this.editor = new ReportEditor(tools);
    this.compared = new ComparePanels(tools);
    this.trends = new TrendPanels(tools);
  }
}
