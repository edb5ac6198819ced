/** A real workbench in a headless browser, with the helpers that the specs drive it by. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import {
  installExtension,
  makeProfile,
  startServer,
  type VscodeServer,
} from '../../../scripts/lib/server.mjs';
import { ensureVscodeHost } from '../../../scripts/lib/vscodeHost.mjs';
import { vsixPath } from '../../../scripts/lib/vsix.mjs';

export const themes = [
  'Default Light Modern',
  'Default Dark Modern',
  'Default High Contrast',
  'Default High Contrast Light',
] as const;
export type Theme = (typeof themes)[number];

interface ThemeLook {
  readonly id: string;
  readonly title: string;
  /** What the workbench's element then wears. */
  readonly className: string;
}

/** VS Code 1.139 dropped "Default" from two of the ids. */
const themeLooks: Readonly<Record<Theme, ThemeLook>> = {
  'Default Light Modern': { id: 'Light Modern', title: 'Light Modern', className: 'vs' },
  'Default Dark Modern': { id: 'Dark Modern', title: 'Dark Modern', className: 'vs-dark' },
  'Default High Contrast': {
    id: 'Default High Contrast',
    title: 'Dark High Contrast',
    className: 'hc-black',
  },
  'Default High Contrast Light': {
    id: 'Default High Contrast Light',
    title: 'Light High Contrast',
    className: 'hc-light',
  },
};

export interface WorkbenchOptions {
  /** The folder that is opened. */
  readonly folder: string;
  /**
   * `vsix`: the packaged extension, as a person has it (default). `development`: the working tree's dist/; notification
   * toasts never show there, so notifications are read from the notification center.
   */
  readonly extension?: 'vsix' | 'development' | 'none';
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Added to the environment of the extension host, e.g. GUESTBENCH_KNOWN_HOSTS. */
  readonly env?: Readonly<Record<string, string>>;
  readonly theme?: Theme;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Asks whether the folder is trusted, as VS Code does for a person. Default: every folder is. */
  readonly workspaceTrust?: boolean;
}

const startLimitMs = 90_000;
const stepLimitMs = 30_000;
/** A menu has all its entries at once. */
const menuLimitMs = 3000;
const pictureFolder = resolve('test-results', 'pictures');

function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}

/** Whether a row of a quick pick with check boxes is checked. */
async function isChecked(row: Locator): Promise<boolean> {
  return (await row.locator('[role=checkbox]').first().getAttribute('aria-checked')) === 'true';
}

/** A folder with the packaged extension, installed once for all specs as a person would install it. */
async function installedExtensions(host: Awaited<ReturnType<typeof ensureVscodeHost>>): Promise<string> {
  if (!existsSync(vsixPath())) throw new Error(`${vsixPath()} is missing: npm run package`);
  const { mtimeMs, size } = statSync(vsixPath());
  const folder = resolve('test-results', `extensions-${Math.round(mtimeMs)}-${size}`);
  if (existsSync(folder)) return folder;
  const profile = makeProfile();
  try {
    mkdirSync(folder, { recursive: true });
    symlinkSync(folder, join(profile, 'extensions'));
    await installExtension(host, profile, vsixPath());
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
  return folder;
}

/** Starts a server and a browser and opens the folder; `close` ends both. One per spec file. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const host = await ensureVscodeHost();
  const extension = options.extension ?? 'vsix';
  const profile = makeProfile();
  const cleanUp: (() => Promise<void> | void)[] = [
    () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }),
  ];
  try {
    if (extension === 'vsix') {
      symlinkSync(await installedExtensions(host), join(profile, 'extensions'));
    }
    const server = await startServer(host, {
      profile,
      development: extension === 'development',
      trustEveryFolder: options.workspaceTrust !== true,
      settings: {
        'workbench.colorTheme': themeLooks[options.theme ?? 'Default Dark Modern'].id,
        ...options.settings,
      },
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    cleanUp.unshift(() => server.stop());
    const browser = await launchBrowser();
    cleanUp.unshift(() => browser.close());
    const page = await browser.newPage({ viewport: options.viewport ?? { width: 1400, height: 900 } });
    page.setDefaultTimeout(stepLimitMs);
    const workbench = new Workbench(page, browser, server, extension === 'development', cleanUp);
    await workbench.load(
      server.url({
        folder: options.folder,
        ...(extension === 'development' ? { extension: resolve('.') } : {}),
      }),
    );
    return workbench;
  } catch (error) {
    for (const step of cleanUp) await step();
    throw error;
  }
}

export class Workbench {
  readonly #errors: string[] = [];

  constructor(
    readonly page: Page,
    readonly browser: Browser,
    readonly server: VscodeServer,
    private readonly development: boolean,
    private readonly cleanUp: readonly (() => Promise<void> | void)[],
  ) {
    page.on('pageerror', (error) => this.#errors.push(error.message));
  }

  /** Errors that no code of the page caught, so far. */
  get pageErrors(): readonly string[] {
    return this.#errors;
  }

  /** Opens an address and waits until the workbench is up. */
  async load(url: string): Promise<void> {
    await this.page.goto(url);
    await this.#whenStarted();
  }

  /** What "Developer: Reload Window" does: a new window on the same server. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#whenStarted();
  }

  /** Kills (SIGKILL) the processes that extensions of this workbench run in; returns how many there were. */
  killExtensionHosts(): number {
    const ids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && this.#isExtensionHost(entry));
    for (const id of ids) process.kill(Number(id), 'SIGKILL');
    return ids.length;
  }

  #isExtensionHost(pid: string): boolean {
    try {
      const [command, environment] = ['cmdline', 'environ'].map((file) =>
        readFileSync(`/proc/${pid}/${file}`, 'latin1'),
      );
      return (
        command?.includes('--type=extensionHost') === true &&
        environment?.includes(this.server.profile) === true
      );
    } catch {
      return false; // ended meanwhile
    }
  }

  async #whenStarted(): Promise<void> {
    await this.page.waitForFunction(
      "performance.getEntriesByName('code/didStartWorkbench').length > 0",
      undefined,
      { timeout: startLimitMs },
    );
    await this.page.locator('.statusbar').waitFor();
  }

  /** Polls until `look` gives something truthy. */
  async until<T>(what: string, look: () => Promise<T>, timeoutMs = stepLimitMs): Promise<NonNullable<T>> {
    const deadline = Date.now() + timeoutMs;
    let last: unknown;
    for (;;) {
      try {
        const found = await look();
        if (
          found !== null &&
          found !== undefined &&
          (found as unknown) !== false &&
          (found as unknown) !== ''
        ) {
          return found;
        }
      } catch (error) {
        last = error;
      }
      if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: last });
      await this.page.waitForTimeout(100);
    }
  }

  // ── Commands and questions ──

  /** Runs a command by its exact title in the palette ("Guestbench: Run Benchmarks..."). */
  async palette(title: string): Promise<void> {
    // An editor that opens at that moment takes the focus, and the palette is gone: try again.
    await this.until(title, async () => {
      await this.#openPalette(title);
      await this.quickPickRow(title).click({ timeout: 5000 });
      return true;
    });
  }

  /** A quick input that is still closing takes the key press with it into the grave: try again. */
  async #openPalette(title: string): Promise<void> {
    await this.until('command palette', async () => {
      await this.page.keyboard.press('F1');
      await this.#quickInput().fill(`>${title}`, { timeout: 2000 });
      return true;
    });
  }

  /** Is there a command of this title in the palette right now? */
  async paletteOffers(title: string): Promise<boolean> {
    await this.#openPalette(title);
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    const shown = await this.until('palette rows', async () => {
      const texts = await rows.locator('.label-name').allInnerTexts();
      return texts.length > 0 && !texts.includes('...') ? texts : undefined;
    });
    await this.page.keyboard.press('Escape');
    return shown.some((text) => exactly(title).test(text));
  }

  #quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input:not([type=checkbox])').first();
  }

  /** The row of the open quick pick with exactly this label. */
  quickPickRow(label: string): Locator {
    return this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  /** Waits for a quick pick or input box with this title. */
  async question(title: string): Promise<void> {
    await this.page
      .locator('.quick-input-widget:visible .quick-input-title', { hasText: exactly(title) })
      .waitFor();
  }

  /** The labels of the open quick pick, top to bottom (what is rendered). */
  async quickPickLabels(): Promise<string[]> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    return rows.locator('.label-name').allInnerTexts();
  }

  /** Chooses the one row of this label. */
  async pick(label: string): Promise<void> {
    await this.quickPickRow(label).click();
  }

  /** In a quick pick with check boxes: checks exactly these rows and accepts. */
  async pickMany(labels: readonly string[]): Promise<void> {
    const rows = this.page.locator('.quick-input-list .monaco-list-row');
    await rows.first().waitFor();
    // The list draws only what fits: each one is looked for by its name.
    for (const label of labels) {
      await this.#quickInput().fill(label);
      const row = this.quickPickRow(label);
      await row.waitFor();
      if (!(await isChecked(row))) await row.locator('.label-name').first().click();
    }
    await this.#quickInput().fill('');
    await rows.first().waitFor();
    for (let index = 0; index < (await rows.count()); index++) {
      const row = rows.nth(index);
      const label = (await row.locator('.label-name').first().innerText()).trim();
      if (!labels.includes(label) && (await isChecked(row))) await row.locator('.label-name').first().click();
    }
    await this.accept();
  }

  /** Types into the open input box and accepts. */
  async fill(value: string): Promise<void> {
    await this.#quickInput().fill(value);
    await this.accept();
  }

  /** Enter in the open quick pick or input box. */
  async accept(): Promise<void> {
    await this.#quickInput().focus();
    await this.page.keyboard.press('Enter');
  }

  /** The message below an input box that refuses its value. */
  async inputProblem(): Promise<string> {
    const message = this.page.locator('.quick-input-widget:visible .quick-input-message');
    return this.until('validation message', async () => (await message.innerText()).trim());
  }

  // ── Views ──

  /** Shows a view container by the title of its activity-bar icon. */
  async showContainer(title: string): Promise<void> {
    const tab = this.page
      .locator(`.activitybar .action-item:has(.action-label[aria-label^="${title}"])`)
      .first();
    await tab.waitFor({ timeout: startLimitMs });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
  }

  /** A view's pane in the side bar or panel, by its title. */
  view(title: string): Locator {
    return this.page
      .locator('.split-view-view .pane')
      .filter({ has: this.page.locator(`.pane-header[aria-label^="${title}"]`) })
      .first();
  }

  /** The rows of a tree view; each says all it has in its accessible name. */
  treeRows(view: string): Locator {
    return this.view(view).locator('.monaco-list-row[role=treeitem]');
  }

  /** The accessible names of a tree view's rows, top to bottom. */
  async treeLabels(view: string): Promise<string[]> {
    return this.treeRows(view).evaluateAll((rows: { getAttribute(name: string): string | null }[]) =>
      rows.map((row) => (row.getAttribute('aria-label') ?? '').replace(/, has actions$/, '')),
    );
  }

  /** The first row whose label (not its description) is exactly this text. */
  treeRow(view: string, label: string): Locator {
    return this.treeRows(view)
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  /** Opens a row's context menu and chooses an item by its exact title. */
  async contextMenu(row: Locator, item: string): Promise<void> {
    // A page that takes the focus closes a menu that was not clicked yet: then it is opened once more.
    await this.until(`${item} in the menu`, async () => {
      const menu = await this.#openContextMenu(row);
      const entry = menu.getByRole('menuitem', { name: exactly(item) });
      try {
        await entry.waitFor({ timeout: menuLimitMs });
      } catch (error) {
        await this.page.keyboard.press('Escape');
        throw error;
      }
      return this.#chooseFrom(menu, entry);
    });
  }

  /** Whether it was a click on the entry that closed the menu. */
  async #chooseFrom(menu: Locator, entry: Locator): Promise<boolean> {
    // A menu ignores the mouse for its first 100 ms, so one click may not be enough.
    for (let tries = 0; tries < 5; tries += 1) {
      // The pointer goes there first, as a person's does: a hint of the row may lie over the menu until then.
      const box = await entry.boundingBox({ timeout: 1000 }).catch(() => null);
      if (box) await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
      const clicked = await succeeds(entry.click({ timeout: menuLimitMs }));
      if (await succeeds(menu.waitFor({ state: 'detached', timeout: 1000 }))) return clicked;
    }
    await this.page.keyboard.press('Escape');
    return false;
  }

  async #openContextMenu(row: Locator): Promise<Locator> {
    const menu = this.page.locator('.monaco-menu').first();
    const first = menu.locator('[role=menuitem] .action-label').first();
    // A page that opens at this moment takes the focus, which closes the menu again.
    await this.until('open menu', async () => {
      await row.click({ button: 'right', timeout: 3000 });
      await first.waitFor({ timeout: 2000 });
      return true;
    });
    return menu;
  }

  /** The titles in a row's context menu. */
  async contextMenuTitles(row: Locator): Promise<string[]> {
    const menu = await this.#openContextMenu(row);
    const titles = await menu.locator('[role=menuitem] .action-label').allInnerTexts();
    await this.until('closed menu', async () => {
      await this.page.keyboard.press('Escape');
      await menu.waitFor({ state: 'detached', timeout: 1000 });
      return true;
    });
    return titles.filter((title) => title !== '');
  }

  /** Clicks one of the icons that show at the end of a row while the pointer is over it. */
  async clickInlineAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.locator(`.actions .action-label[aria-label^="${title}"]`).click();
  }

  /** Clicks one of the icons in a view's title bar. */
  async clickViewAction(view: string, title: string): Promise<void> {
    const header = this.view(view).locator('.pane-header');
    const container = this.page.locator('.sidebar .composite.title');
    await this.view(view).hover();
    await header.or(container).locator(`.action-label[aria-label^="${title}"]`).first().click();
  }

  /** Brings a file of the workspace up in the palette, where Enter opens it. */
  async findFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    await this.#quickInput().fill(name);
    await this.quickPickRow(name).waitFor();
  }

  /** Opens a file of the workspace by its name, through the palette. */
  async openFile(name: string): Promise<void> {
    await this.findFile(name);
    await this.quickPickRow(name).click();
    await this.page.locator('.tab', { hasText: name }).first().waitFor();
  }

  /** The titles of the open editors' tabs. */
  async tabs(): Promise<string[]> {
    return this.page.locator('.tabs-container .tab .label-name').allInnerTexts();
  }

  /** A status-bar item by a part of its text or name. */
  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar .statusbar-item', { hasText: text }).first();
  }

  // ── Terminals, webviews, messages ──

  /** All text of the active terminal, scrollback included, whatever renders it. */
  async terminalText(): Promise<string> {
    const text: unknown = await this.page.evaluate(`(() => {
      const buffer = document.querySelector('.terminal-wrapper.active')?.xterm?.buffer.active;
      if (!buffer) return '';
      let text = '';
      for (let row = 0; row < buffer.length; row++) {
        const line = buffer.getLine(row);
        text += (row > 0 && !line.isWrapped ? '\\n' : '') + line.translateToString(!buffer.getLine(row + 1)?.isWrapped);
      }
      return text.trimEnd();
    })()`);
    return String(text);
  }

  /** Waits until the active terminal's text matches; gives the text. */
  async terminalShows(text: string | RegExp, timeoutMs = stepLimitMs): Promise<string> {
    return this.until(
      `terminal text ${String(text)}`,
      async () => {
        const shown = await this.terminalText();
        const found = typeof text === 'string' ? shown.includes(text) : text.test(shown);
        return found ? shown : undefined;
      },
      timeoutMs,
    );
  }

  /** Types into the active terminal. */
  async typeInTerminal(text: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await this.page.keyboard.type(text);
  }

  /** The document inside a visible webview; `index` counts when more than one is shown. */
  webviewFrame(index = 0): FrameLocator {
    return this.page
      .locator('iframe.webview.ready')
      .nth(index)
      .contentFrame()
      .frameLocator('iframe#active-frame');
  }

  /** The text of an Output channel's editor that is shown now. */
  async outputText(): Promise<string> {
    const lines = this.page.locator('.output-view-content .view-lines, .output-view .view-lines').first();
    return (await lines.innerText()).replaceAll('\u00a0', ' ');
  }

  /** Waits for a notification that contains the text; in development mode the notification center is opened for it. */
  async notification(text: string | RegExp): Promise<Locator> {
    if (this.development) {
      await this.palette('Notifications: Show Notifications');
      const item = this.page
        .locator('.notifications-center .notification-list-item', { hasText: text })
        .first();
      await item.waitFor();
      return item;
    }
    const toast = this.page.locator('.notification-toast', { hasText: text }).first();
    await toast.waitFor();
    return toast;
  }

  /** Presses a button of the notification that contains the text. */
  async answerNotification(text: string | RegExp, button: string): Promise<void> {
    const item = await this.notification(text);
    await item.getByRole('button', { name: button, exact: true }).click();
  }

  /** Waits for a modal dialog that contains the text. */
  async dialog(text: string | RegExp): Promise<Locator> {
    const dialog = this.page.locator('.monaco-dialog-box', { hasText: text });
    await dialog.waitFor();
    return dialog;
  }

  /** Presses a button of the modal dialog that contains the text. */
  async answerDialog(text: string | RegExp, button: string): Promise<void> {
    const dialog = await this.dialog(text);
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  // ── Looks ──

  /** Drags the side bar's edge until it is this wide. */
  async widenSideBar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) throw new Error('the side bar is hidden');
    const edge = { x: box.x + box.width, y: box.y + box.height - 30 };
    await this.page.mouse.move(edge.x, edge.y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, edge.y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** Switches the colour theme, as a person does, and waits until the workbench wears it. */
  async setTheme(theme: Theme): Promise<void> {
    const { title, className } = themeLooks[theme];
    await this.palette('Preferences: Color Theme');
    await this.#quickInput().fill(title);
    await this.pick(title);
    await this.page.locator(`.monaco-workbench.${className}`).first().waitFor();
    await this.page.waitForTimeout(300); // fonts and icons follow in later frames
  }

  /** Saves a picture of the window under test-results/pictures; gives its path. */
  async screenshot(name: string): Promise<string> {
    const file = join(pictureFolder, `${name}.png`);
    mkdirSync(dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Ends browser and server and removes the profile. */
  async close(): Promise<void> {
    for (const step of this.cleanUp) await step();
  }
}

/** Whether it comes to a good end. */
export function succeeds(action: Promise<unknown>): Promise<boolean> {
  return action.then(
    () => true,
    () => false,
  );
}
