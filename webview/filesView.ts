import type { SeveralFiles } from '../src/report/hostMessage';
import type { ReportModel } from '../src/report/shape';
import { el, linkButton, name, replace, type Child } from './dom';
import { experimentMark } from './experimentMarks';

export interface FileActions {
  openReport(file: number): void;
  openText(file?: number): void;
}

/** The files of a report over several: those that are shown with their marks, the others with what is wrong. */
export class FilesView {
  readonly element = el('section', { class: 'files', 'aria-label': 'Experiments of this report' });

  constructor(private readonly actions: FileActions) {
    this.element.hidden = true;
  }

  update(model: ReportModel, several: SeveralFiles | undefined): void {
    this.element.hidden = several === undefined;
    if (several === undefined) return;
    let shown = 0;
    const rows = several.files.map(({ name: file, problem }, place) =>
      problem === undefined ? this.shownFile(model, shown++, place) : this.missingFile(file, problem, place),
    );
    replace(this.element, el('ul', {}, ...rows));
  }

  private shownFile(model: ReportModel, experiment: number, place: number): Child {
    const found = model.experiments[experiment];
    if (found === undefined) return null;
    const started = new Date(found.startedAt);
    return el(
      'li',
      {},
      experimentMark(experiment),
      ' ',
      name(found.label),
      el('span', { class: 'muted' }, ` · started ${started.toLocaleString()} `),
      found.imported === undefined ? null : el('span', { class: 'muted' }, '· imported '),
      linkButton('Open Report', `file-report:${place}`, `Open the report of ${found.label}`, () =>
        this.actions.openReport(place),
      ),
    );
  }

  private missingFile(file: string, problem: string, place: number): Child {
    return el(
      'li',
      { class: 'missing', role: 'alert' },
      el('strong', {}, '✕ Not shown: '),
      name(file),
      '. ',
      name(problem),
      ' ',
      linkButton('Open as Text', `file-text:${place}`, `Open ${file} as text`, () =>
        this.actions.openText(place),
      ),
    );
  }
}
