/** Our pages in a browser without a workbench, in the looks that a workbench gives them. */
import { build } from 'esbuild';
import type { Browser, Frame, Page } from 'playwright-core';

/** What VS Code puts on a webview's document for a theme. */
export interface Look {
  readonly rootStyle: string;
  readonly bodyClass: string;
  /** Its own style sheet for all webviews. */
  readonly defaultStyles: string;
}

/** A page of the extension: the names of its files in webview/ and the id of the element it fills. */
export interface PageSource {
  readonly script: string;
  readonly styles: readonly string[];
  readonly rootId: string;
}

export const reportPage: PageSource = { script: 'main', styles: ['report'], rootId: 'report' };
export const preparePage: PageSource = {
  script: 'prepare',
  styles: ['report', 'prepare'],
  rootId: 'prepare',
};
export const trendPage: PageSource = { script: 'trend', styles: ['report', 'trend'], rootId: 'trend' };

/** Takes the look of a webview's document. */
export async function lookOf(frame: Frame): Promise<Look> {
  return frame.evaluate<Look>(`({
    rootStyle: document.documentElement.getAttribute('style') ?? '',
    bodyClass: document.body.className,
    defaultStyles: document.getElementById('_defaultStyles')?.textContent ?? '',
  })`);
}

interface Bundled {
  readonly script: string;
  readonly style: string;
}

const bundles = new Map<PageSource, Promise<Bundled>>();

/** Made once for each page: the sources do not change while a test runs. */
function bundleOf(source: PageSource): Promise<Bundled> {
  const made = bundles.get(source) ?? bundled(source);
  bundles.set(source, made);
  return made;
}

async function bundled({ script, styles }: PageSource): Promise<Bundled> {
  const { outputFiles } = await build({
    entryPoints: [`webview/${script}.ts`, ...styles.map((style) => `webview/${style}.css`)],
    outdir: 'unused',
    write: false,
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  });
  const text = (name: string) => outputFiles.find(({ path }) => path.endsWith(`/${name}`))?.text ?? '';
  return { script: text(`${script}.js`), style: styles.map((style) => text(`${style}.css`)).join('\n') };
}

/** The look of a workbench without a theme of its own, for tests that do not look at colours. */
export const plainLook: Look = {
  rootStyle: '--vscode-foreground: #ddd; --vscode-editor-background: #222; --vscode-charts-blue: #59a4f9',
  bodyClass: 'vscode-dark',
  defaultStyles: 'body { font-size: 13px; }',
};

/** Opens a page that has got `message` from its host; what the page says stays unanswered, in `window.posted`. */
export async function openPlainPage(
  browser: Browser,
  source: PageSource,
  look: Look,
  message: object,
): Promise<Page> {
  const { script, style } = await bundleOf(source);
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
  await page.setContent(
    `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Guestbench</title></head>` +
      `<body><main id="${source.rootId}" aria-busy="true"></main></body></html>`,
  );
  await page.evaluate(
    `(look) => {
      document.documentElement.setAttribute('style', look.rootStyle);
      document.body.className = look.bodyClass;
      window.posted = [];
      const postMessage = (message) => window.posted.push(message);
      window.acquireVsCodeApi = () => ({ getState: () => undefined, setState: () => {}, postMessage });
    }`.replace(/^/, '(') + `)(${JSON.stringify(look)})`,
  );
  await page.addStyleTag({ content: look.defaultStyles });
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });
  await page.evaluate(`window.postMessage(${literal(message)})`);
  await page.locator(`main#${source.rootId}:not([aria-busy]) h1, main#${source.rootId} h1`).first().waitFor();
  return page;
}

/** A message as an expression of JavaScript: buffers too arrive as what they are. */
function literal(value: unknown): string {
  if (ArrayBuffer.isView(value)) {
    const numbers = [...(value as Float64Array)].map(String);
    return `new ${value.constructor.name}([${numbers.join(',')}])`;
  }
  if (Array.isArray(value)) return `[${value.map(literal).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${fields.map(([key, inner]) => `${JSON.stringify(key)}:${literal(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}
