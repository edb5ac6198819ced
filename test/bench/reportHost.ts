import { readFile } from 'node:fs/promises';
import { readExperiment } from '../../src/experiment/journal';
import type { Experiment } from '../../src/model/experiment';
import { reportModel, withCandidate } from '../../src/report/model';
import { headMessage, modelMessage, readPageMessage } from '../../src/report/protocol';
import type { ReportModel, ReportOptions } from '../../src/report/shape';
import { serveMessages, type PageHost } from './reportPage';

/** To the host: what to do with a file, or what came of it. */
export type HostOrder =
  | { readonly do: 'serve' }
  | { readonly do: 'parse'; readonly file: string }
  | { readonly do: 'open'; readonly file: string }
  | { readonly do: 'tell' };

/** When things were done in an opening, in ms since 1970; `ready`: the host took note that the page asks for the model. */
export interface Opened {
  readonly measurements: number;
  readonly read: number;
  readonly made: number;
  readonly ready: number;
}

/** The answer to each order, in their order. */
export type HostAnswer =
  | { readonly of: 'serve'; readonly url: string }
  | { readonly of: 'parse'; readonly ms: number }
  | { readonly of: 'open' }
  | { readonly of: 'tell'; readonly opened: Opened };

/**
 * VS Code's extension host, which is a process of its own beside that of the page: it reads the file and makes the model
 * while the page starts, as `ui/reportPanel.ts` does.
 */
class ReportHost {
  private readonly page: PageHost = {
    answer: (data) => this.answer(data),
    rest: () => this.message(),
  };
  private opening: Promise<void> = Promise.resolve();
  private experiment: Experiment | undefined;
  private model: ReportModel | undefined;
  private prepared: unknown;
  private choice: ReportOptions = {};
  private times = { read: 0, made: 0, ready: 0 };

  async obey(order: HostOrder): Promise<HostAnswer> {
    switch (order.do) {
      case 'serve':
        return { of: 'serve', url: (await serveMessages(this.page)).url };
      case 'parse': {
        // Nothing of before lies in the memory that both need.
        this.forget();
        const startedMs = Date.now();
        await parseAlone(order.file);
        return { of: 'parse', ms: Date.now() - startedMs };
      }
      case 'open':
        this.forget();
        this.opening = this.open(order.file);
        return { of: 'open' };
      case 'tell':
        return { of: 'tell', opened: this.opened() };
    }
  }

  private forget(): void {
    this.experiment = undefined;
    this.model = undefined;
    this.prepared = undefined;
    this.choice = {};
    this.times = { read: 0, made: 0, ready: 0 };
    // What was of no more use is not to be cleared away in the time of what is measured next.
    globalThis.gc?.();
  }

  private async open(file: string): Promise<void> {
    const read = readExperiment(await readFile(file, 'utf8'));
    if (read.status === 'error') throw new Error(read.error);
    this.times.read = Date.now();
    this.experiment = read.experiment;
    this.model = reportModel([read.experiment], this.choice);
    this.prepared = headMessage(this.model) ?? modelMessage(this.model);
    this.times.made = Date.now();
  }

  private async answer(data: unknown): Promise<unknown> {
    const read = readPageMessage(data);
    if (read.status === 'dropped') throw new Error(read.why);
    const { message } = read;
    if (message.type === 'error') throw new Error(message.message);
    if (message.type === 'ready') {
      this.times.ready = Date.now();
      await this.opening;
      return this.message();
    }
    if (message.type !== 'choose') return undefined;
    this.choice = { baseline: message.baseline, candidate: message.candidate };
    const known = this.model && withCandidate(this.model, this.choice);
    this.model = known;
    return known === undefined ? this.message() : undefined;
  }

  private message(): unknown {
    if (this.experiment === undefined) throw new Error('Nothing is open.');
    this.model ??= reportModel([this.experiment], this.choice);
    const message = this.prepared ?? modelMessage(this.model);
    this.prepared = undefined;
    return message;
  }

  private opened(): Opened {
    const trials = this.experiment?.trials ?? [];
    return {
      measurements: trials.reduce((sum, { measurements }) => sum + measurements.length, 0),
      ...this.times,
    };
  }
}

/** What any program must do that has the values of the file: read it and parse its lines. */
async function parseAlone(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const values = lines.flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
  if (values.length < 100) throw new Error('The file has no lines.');
}

const host = new ReportHost();
process.on('message', (order: HostOrder) => {
  void host.obey(order).then((answer) => process.send?.(answer));
});
