import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { reportModel } from '../../report/model';
import { toPhoronixXml } from '../../report/phoronixXml';
import type { ReportModel } from '../../report/shape';
import { uriOf } from '../addresses';
import { pickExperiment, stringsOf, valueOf } from '../commandArguments';
import { checkChoice, choiceFrom } from '../reportChoice';
import { chartBytes, chartOf, writeExport } from '../saveChart';
import type { Services } from '../services';
import { showQuickPick, showSaveDialog } from '../visible/questions';

/** `data`: of one experiment; `report`: what the page shows, of several files too; `picture`: its overview chart. */
const formats = {
  markdown: { extension: 'md', of: 'report' },
  html: { extension: 'html', of: 'report' },
  csv: { extension: 'csv', of: 'data' },
  json: { extension: 'guestbench.json', of: 'data' },
  phoronix: { extension: 'xml', of: 'data' },
  svg: { extension: 'svg', of: 'picture' },
  png: { extension: 'png', of: 'picture' },
} as const;
type Format = keyof typeof formats;

/**
 * Writes a report, its data or its overview chart to a file. `{ file? | files?, format?, to? }` skips the questions;
 * `files`: a report over several. `{ baseline?, candidate?, by? }`: what is compared, guests or with `by: 'mode'` modes;
 * `{ follow?: { by, baseline, candidate } }`: what is followed through several. Without them, what the open report of
 * the files shows. A PNG is drawn by the report's page, which opens for it.
 */
export async function exportReport(services: Services, ...args: readonly unknown[]): Promise<void> {
  const files = await filesOf(services, args);
  const [file] = files;
  if (file === undefined) throw new UserError(vscode.l10n.t('Name at least one experiment file.'));
  const format = formatFrom(valueOf(args[0], 'format')) ?? (await askFormat(files.length));
  if (files.length > 1 && formats[format].of === 'data')
    throw new UserError(
      vscode.l10n.t(
        'Several experiments can be exported as Markdown, HTML, SVG or PNG: choose one file for {0}.',
        format,
      ),
    );
  const content = await contentOf(services, files, file, format, args[0]);
  const to = valueOf(args[0], 'to');
  const given = to instanceof vscode.Uri ? to : typeof to === 'string' ? uriOf(to) : undefined;
  await writeExport(given ?? (await askTarget(file, formats[format].extension)), content);
}

/** Named, or of the report over several that is in front; else one is asked for. */
async function filesOf(services: Services, args: readonly unknown[]): Promise<readonly string[]> {
  const named = stringsOf(args[0], 'files');
  if (named) return named;
  const shown = args[0] === undefined ? (await services.reports()).compared.activeFiles : undefined;
  return shown ?? [await pickExperiment(services, args, vscode.l10n.t('Export Report'))];
}

async function contentOf(
  services: Services,
  files: readonly string[],
  file: string,
  format: Format,
  options: unknown,
): Promise<string | Uint8Array> {
  const { toCsv, toHtml, toJson, toMarkdown } = await import('../../report/exchange');
  switch (format) {
    case 'csv':
      return toCsv(await services.experiments.read(file));
    case 'json':
      return toJson(await services.experiments.read(file));
    case 'phoronix':
      return toPhoronixXml(await services.experiments.read(file));
    case 'markdown':
      return toMarkdown(await modelOf(services, files, file, options));
    case 'html':
      return toHtml(await modelOf(services, files, file, options));
    case 'svg':
    case 'png': {
      const model = await modelOf(services, files, file, options);
      const { baseline, candidate, across } = choiceFrom(options);
      const isPair = across === undefined && (baseline ?? candidate) !== undefined;
      const drawing = await chartOf(model, isPair ? { candidate: model.candidate } : {});
      const { editor, compared } = await services.reports();
      const page = () => (files.length > 1 ? compared.show(files) : editor.shown(file));
      return chartBytes(drawing, format, async (picture) => (await page()).rasterise(picture));
    }
  }
}

/** What the options say; else what the open report of the files shows; else as a report chooses. */
async function modelOf(
  services: Services,
  files: readonly string[],
  file: string,
  options: unknown,
): Promise<ReportModel> {
  const asked = choiceFrom(options);
  const { editor, compared } = await services.reports();
  const shown = files.length > 1 ? compared.optionsIn(files) : editor.optionsIn(file);
  const choice = Object.keys(asked).length > 0 ? asked : (shown ?? {});
  const experiments = await Promise.all(files.map((one) => services.experiments.read(one)));
  const isRunning = files.some((one) => services.experiments.isRunning(one));
  const model = reportModel(experiments, { ...choice, activity: isRunning ? 'running' : 'none' });
  checkChoice(model, asked);
  return model;
}

function formatFrom(value: unknown): Format | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && Object.hasOwn(formats, value)) return value as Format;
  throw new UserError(vscode.l10n.t('The format must be one of {0}.', Object.keys(formats).join(', ')));
}

async function askFormat(files: number): Promise<Format> {
  const items: (vscode.QuickPickItem & { format: Format })[] = [
    {
      format: 'html',
      label: 'HTML',
      detail: vscode.l10n.t('The whole report as one page that needs nothing else'),
    },
    {
      format: 'markdown',
      label: 'Markdown',
      detail: vscode.l10n.t('Headline, table and warnings, to paste anywhere'),
    },
    { format: 'svg', label: 'SVG', detail: vscode.l10n.t('The overview chart as a drawing of any size') },
    {
      format: 'png',
      label: 'PNG',
      detail: vscode.l10n.t('The overview chart as a picture; opens the report'),
    },
    {
      format: 'csv',
      label: 'CSV',
      detail: vscode.l10n.t('One row a measurement, with all that a row can hold; can be imported again'),
    },
    {
      format: 'json',
      label: 'JSON',
      detail: vscode.l10n.t('The whole experiment as one document; can be imported again'),
    },
    {
      format: 'phoronix',
      label: vscode.l10n.t('Phoronix Test Suite (composite.xml)'),
      detail: vscode.l10n.t('Every value by guest and metric; which trials are pairs has no place there'),
    },
  ];
  const offered = items.filter(({ format }) => files === 1 || formats[format].of !== 'data');
  const picked = await showQuickPick(offered, {
    title: vscode.l10n.t('Export Report'),
    ignoreFocusOut: true,
  });
  if (!picked) throw new vscode.CancellationError();
  return picked.format;
}

async function askTarget(file: string, extension: string): Promise<vscode.Uri> {
  const beside = uriOf(file);
  const path = `${beside.path.replace(/\.guestbench$/, '')}.${extension}`;
  const uri = await showSaveDialog({ defaultUri: beside.with({ path }) });
  if (!uri) throw new vscode.CancellationError();
  return uri;
}
