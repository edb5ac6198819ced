// @vitest-environment happy-dom
import { afterEach, describe, expect, it } from 'vitest';
import { experimentText } from '../../../src/experiment/experimentText';
import { readExperiment } from '../../../src/experiment/readExperiment';
import { forestPicture } from '../../../src/report/charts/forest';
import { trialsPicture } from '../../../src/report/charts/trials';
import { toCsv } from '../../../src/report/csv';
import { csvRows, textOf } from '../../../src/report/csvCells';
import { plain } from '../../../src/report/format';
import { toHtml } from '../../../src/report/html';
import { fromJson, toJson } from '../../../src/report/json';
import { toMarkdown } from '../../../src/report/markdown';
import { reportModel } from '../../../src/report/model';
import { toPhoronixXml } from '../../../src/report/phoronixXml';
import { modelMessage } from '../../../src/report/protocol';
import { trialOutput } from '../../../src/report/trialOutput';
import { start } from '../../../webview/main';
import { flag, hostileTexts, unseen as everUnseen } from '../../hostileStrings';
import { hostileExperiment } from '../report/hostile';
import { markupOf } from '../report/markup';

const e = hostileExperiment();
const model = reportModel([e], {});
/** Of what is not seen, all but the isolates that we put round names, and an emoji's own selector. */
const unseen = new RegExp(
  `(?![\u2068\u2069]|(?<=\\p{Extended_Pictographic})\ufe0f)${everUnseen.source}`,
  'u',
);
const html = hostileTexts['html'] ?? '';
const squeezed = (text: string) => text.replace(/\s+/g, ' ');

describe('hostile text', () => {
  it('is read back from an experiment file as it was', () => {
    const read = readExperiment(experimentText(e));
    expect(read.status === 'ok' && read.experiment.label).toBe(e.label);
    expect(read.status === 'ok' && read.experiment.trials).toMatchObject(e.trials);
  });

  it('becomes visible where it is one line of ours', () => {
    for (const text of Object.values(hostileTexts)) expect(plain(text)).not.toMatch(unseen);
    expect(plain('ad\u200bmin\u2060')).toBe('ad\ufffdmin\ufffd');
  });

  it('is text in the exported page: no element, handler or address comes of it', () => {
    const page = toHtml(model);
    const { elements, text } = markupOf(page);
    const names = new Set(elements.map(({ name }) => name));
    for (const name of ['script', 'img', 'iframe', 'object', 'form', 'b']) expect(names).not.toContain(name);
    for (const { attributes } of elements) {
      for (const [name, value] of attributes) {
        expect(name).not.toMatch(/^on|^style$/);
        if (name === 'href' || name === 'src') expect(value).toMatch(/^#/);
      }
    }
    expect(squeezed(text)).toContain(squeezed(html));
    expect(page).not.toMatch(unseen);
  });

  it('is text in pictures', () => {
    const drawings = [
      forestPicture(model, model.candidate ?? ''),
      ...model.metrics.slice(0, 15).map((metric) => trialsPicture(model, metric, model.candidate)),
    ].filter((drawing) => drawing !== undefined);
    expect(drawings.length).toBeGreaterThan(10);
    for (const { svg } of drawings) {
      const { elements } = markupOf(svg);
      expect(elements.map(({ name }) => name)).not.toContain('script');
      for (const { attributes } of elements)
        for (const name of attributes.keys()) expect(name).not.toMatch(/^on|href/);
      expect(svg).not.toMatch(unseen);
    }
  });

  it('is text in Markdown', () => {
    const markdown = toMarkdown(model);
    // Ours are those that keep an address from becoming a link, and a name from being mentioned.
    expect(markdown.replaceAll(/(?<=[:@])\u200b/g, '')).not.toMatch(unseen);
    expect(markdown.replaceAll(/\\[^\n]/g, '')).not.toMatch(/<[a-z/!]|\]\(/i);
    // A table's rows keep their number of cells whatever stands in them.
    const cells = (line: string) => line.replaceAll(/\\[^\n]/g, '').split('|').length;
    const tables = markdown.split('\n\n').filter((part) => part.startsWith('|') || part.includes('\n|'));
    expect(tables.length).toBeGreaterThan(1);
    for (const table of tables) {
      const lines = table.split('\n').filter((line) => line.startsWith('|'));
      expect(new Set(lines.map(cells)).size).toBe(1);
    }
  });

  it('begins no formula in CSV, and is all there', () => {
    const cells = csvRows(toCsv(e)).flatMap((row) => row.cells);
    for (const cell of cells) if (!/^-?\d/.test(cell)) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
    const texts = cells.map(textOf);
    for (const text of Object.values(hostileTexts)) expect(texts).toContain(text);
  });

  it('survives JSON unchanged', () => {
    expect(fromJson(toJson(e)).trials.map(({ stdout }) => stdout)).toEqual(
      e.trials.map(({ stdout }) => stdout),
    );
  });

  it('is text in the XML of the Phoronix Test Suite', () => {
    const xml = toPhoronixXml(e);
    expect(xml).not.toMatch(/<(img|script|svg|b)\b/i);
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
    const parsed = new DOMParser().parseFromString(xml, 'text/xml');
    expect(parsed.querySelector('parsererror')).toBeNull();
  });

  it('cannot pass for what we say of a trial in its output', () => {
    const first = e.trials[0];
    const told = trialOutput(first === undefined ? [] : [first]).split('\n');
    const until = told.indexOf('# standard output');
    expect(until).toBeGreaterThan(2);
    for (const line of told.slice(0, until).filter((one) => one !== '')) expect(line).toMatch(/^# /);
  });
});

describe('hostile text on the report page', () => {
  let stop = (): void => undefined;
  afterEach(() => stop());

  it('is text: no element, handler or script comes of it, and it is there to be read', () => {
    document.body.innerHTML = '<main id="report"></main>';
    const root = document.getElementById('report')!;
    stop = start(root, {
      postMessage: () => undefined,
      getState: () => undefined,
      setState: () => undefined,
    });
    window.dispatchEvent(new MessageEvent('message', { data: structuredClone(modelMessage(model)) }));
    for (const details of root.querySelectorAll('details')) details.open = true;
    expect(root.querySelectorAll('img, script, style, iframe, object, form, b, a[href]')).toHaveLength(0);
    for (const element of root.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|^href|^src/);
        // The height of a chart is our own.
        if (name === 'style') expect(value).toMatch(/^height: [\d.]+px;?$/);
      }
    }
    expect(flag in window).toBe(false);
    const text = root.textContent ?? '';
    expect(squeezed(text)).toContain(squeezed(html));
    expect(text).not.toMatch(unseen);
    for (const name of ['aria-label', 'title', 'alt']) {
      for (const element of root.querySelectorAll(`[${name}]`))
        expect(element.getAttribute(name)).not.toMatch(unseen);
    }
  });
});
