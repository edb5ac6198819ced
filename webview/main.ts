import {
  readHostMessage,
  readRasterRequest,
  type HostMessage,
  type SeveralFiles,
} from '../src/report/hostMessage';
import { Unpacker } from '../src/report/packedModel';
import type { PageMessage } from '../src/report/protocol';
import type { ReportModel } from '../src/report/shape';
import type { AcrossActions } from './acrossView';
import { redrawCharts } from './chart';
import type { FileActions } from './filesView';
import { readState, type PageState, type VsCodeApi } from './host';
import type { PageActions } from './metricView';
import { Page } from './page';
import { postPicture } from './picture';
import { openForPrinting } from './print';
import { answerRaster } from './saveChart';
import { inSlices, whenDrawn } from './slices';
import { onThemeChange } from './theme';

/** Must equal protocolVersion of src/report/protocol.ts, which would bring the schema library along; a test compares them. */
export const pageProtocolVersion = 1;

/** Of a longer report only the folds that a person has opened are printed. */
const mostPrintedTrials = 2000;

/** Puts the report into `root` and keeps it as the host says. Returns how to take it off the page. */
export function start(root: HTMLElement, vscode: VsCodeApi): () => void {
  let state: PageState = readState(vscode.getState());
  const unpacker = new Unpacker();
  let model: ReportModel | undefined;
  let several: SeveralFiles | undefined;
  let part: HostMessage['part'];
  let page: Page | undefined;
  let stopTrials = () => {};
  let scrolled = false;
  const open = new Set(state.open);
  const post = (message: PageMessage) => vscode.postMessage(message);
  const keep = (change: PageState) => {
    state = { ...state, ...change };
    vscode.setState(state);
  };
  const actions: PageActions & FileActions & AcrossActions = {
    choose(baseline, candidate, by = 'guest') {
      keep({ candidate });
      post({ type: 'choose', baseline, candidate, ...(by === 'mode' ? { by } : {}) });
      // All candidates of this baseline are here already; another baseline needs the host.
      if (by === model?.by && baseline === model.baseline) show();
    },
    openOutput: (trial, experiment, metric) =>
      post({ type: 'openOutput', trial, experiment, ...(metric === undefined ? {} : { metric }) }),
    openText: (file) => post({ type: 'openText', ...(file === undefined ? {} : { file }) }),
    openReport: (file) => post({ type: 'openReport', file }),
    follow: ({ by, baseline, candidate }) => post({ type: 'follow', by, baseline, candidate }),
    copyMarkdown: () => post({ type: 'copyMarkdown' }),
    saveChart(candidate, metric) {
      const which = { ...(candidate && { candidate }), ...(metric && { metric }) };
      post({ type: 'saveChart', ...which });
    },
    savePicture: (picture) => void postPicture(picture, post),
    isOpen: (key) => open.has(key),
    setOpen(key, to) {
      if (to === 'open') open.add(key);
      else open.delete(key);
      keep({ open: [...open] });
    },
  };

  function show(): void {
    if (model === undefined) return;
    const wanted = model.pairs.find(({ candidate }) => candidate === state.candidate)?.candidate;
    page ??= new Page(root, actions);
    page.showFiles(model, several);
    page.update({ model, baseline: model.baseline, candidate: wanted ?? model.candidate }, part);
    const { scroll } = state;
    if (!scrolled && scroll !== undefined) page.whenWhole(() => window.scrollTo(0, scroll));
    scrolled = true;
  }

  /** After a reload the page remembers a choice that its host does not, which exports what was chosen. */
  function tellChoice(): void {
    const { candidate } = state;
    if (model?.baseline === undefined || candidate === undefined || candidate === model.candidate) return;
    if (model.pairs.some((pair) => pair.candidate === candidate)) {
      post({
        ...{ type: 'choose' as const, baseline: model.baseline, candidate },
        ...(model.by === 'mode' ? { by: model.by } : {}),
      });
    }
  }

  function receive({ data }: MessageEvent<unknown>): void {
    const raster = readRasterRequest(data);
    if (raster !== undefined) {
      void answerRaster(raster, post);
      return;
    }
    const read = readHostMessage(data, pageProtocolVersion);
    if (read.status === 'dropped') {
      post({ type: 'error', message: `dropped a message: ${read.why}` });
      return;
    }
    const isFirst = model === undefined;
    model = unpacker.unpack(read.message);
    ({ several, part } = read.message);
    if (several !== undefined) keep({ files: several.files.map(({ address }) => address) });
    try {
      show();
      if (isFirst) tellChoice();
      stopTrials();
      stopTrials = inSlices(unpacker.makeTrials(), 0, (make) => make());
      if (part === 'head') whenDrawn(() => post({ type: 'rest' }));
    } catch (error) {
      post({
        type: 'error',
        message: error instanceof Error ? (error.stack ?? error.message).slice(0, 9000) : 'unknown',
      });
    }
  }

  let timer: number | undefined;
  const rememberScroll = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => keep({ scroll: window.scrollY }), 200);
  };
  window.addEventListener('message', receive);
  window.addEventListener('scroll', rememberScroll, { passive: true });
  const stopTheme = onThemeChange(redrawCharts);
  const stopPrinting = openForPrinting(
    root,
    () => part !== 'head' && (model?.trials.length ?? 0) <= mostPrintedTrials,
  );
  post({ type: 'ready', version: pageProtocolVersion });
  return () => {
    stopTrials();
    clearTimeout(timer);
    window.removeEventListener('message', receive);
    window.removeEventListener('scroll', rememberScroll);
    stopTheme();
    stopPrinting();
  };
}

const root = document.getElementById('report');
if (root !== null) start(root, acquireVsCodeApi());
