import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDemoWorkspace, type DemoWorkspace } from './support/demo';
import { openWorkbench, type Workbench } from './support/workbench';

let demo: DemoWorkspace;
let workbench: Workbench;
let good: string;

async function rowsContain(view: string, text: RegExp): Promise<string> {
  return workbench.until(`a row ${text}`, async () =>
    (await workbench.treeLabels(view)).find((label) => text.test(label)),
  );
}

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

beforeAll(async () => {
  demo = await openDemoWorkspace();
  good = readFileSync(demo.labFile, 'utf8');
  workbench = await openWorkbench({
    folder: demo.folder,
    env: { GUESTBENCH_KNOWN_HOSTS: demo.lab.knownHostsFile },
  });
  await workbench.showContainer('Guestbench');
  await rowsContain('Guests', /^demo-a.*ready/);
});

afterAll(async () => {
  await workbench?.screenshot('faults-last').catch(() => undefined);
  await workbench?.close();
  await demo?.close();
});

describe('a broken lab file', () => {
  const cases: readonly [string, (text: string) => string, RegExp][] = [
    ['a syntax error', (text) => text.replace('"hosts":', '"hosts"'), /guestbench\.lab\.json:\d+/],
    ['an unknown key', (text) => text.replace('"address"', '"adress"'), /guestbench\.lab\.json:\d+.*address/],
    ['a duplicate name', (text) => text.replace('"demo-b"', '"demo-a"'), /guestbench\.lab\.json:\d+.*demo-a/],
    [
      'a wrong type',
      (text) => text.replace(/"port": (\d+)/, '"port": "$1a"'),
      /guestbench\.lab\.json:\d+.*port/,
    ],
  ];
  for (const [what, breakIt, row] of cases) {
    it(`${what} is a row with file, line and reason; the last good lab stays`, async () => {
      const broken = breakIt(good);
      expect(broken).not.toBe(good);
      writeFileSync(demo.labFile, broken);
      await rowsContain('Guests', row);
      await rowsContain('Guests', /^demo-a/);
      await rowsContain('Guests', /^demo-b/);
      writeFileSync(demo.labFile, good);
      await workbench.until('no problem row', async () =>
        (await workbench.treeLabels('Guests')).every((label) => !label.includes('guestbench.lab.json')),
      );
    });
  }

  it('opens at the place', async () => {
    writeFileSync(demo.labFile, good.replace('"address"', '"adress"'));
    const line = good.slice(0, good.indexOf('"address"')).split('\n').length;
    await rowsContain('Guests', new RegExp(`guestbench\\.lab\\.json:${line}, .*adress`));
    await workbench.screenshot('lab-problem');
    await workbench.treeRow('Guests', `guestbench.lab.json:${line}`).click();
    await workbench.statusBarItem(new RegExp(`Ln ${line}, Col \\d+`)).waitFor();
    writeFileSync(demo.labFile, good);
  });
});

describe('a guest out of reach', () => {
  it('is a row with the reason and a way to try again', async () => {
    const port = await closedPort();
    writeFileSync(
      demo.labFile,
      good.replace(
        '"guests": [',
        `"guests": [ { "name": "gone", "address": "127.0.0.1", "port": ${port}, "user": "root" },`,
      ),
    );
    await rowsContain('Guests', /^gone.*refused/);
    await rowsContain('Guests', new RegExp(`istening on.*${port}`));
    await workbench.screenshot('guest-refused');
    writeFileSync(demo.labFile, good);
  });
});

describe('a file that is no experiment', () => {
  const header = '{"at":"2026-01-02T03:04:05.000Z","type":"experiment"';
  const cases: readonly [string, string, RegExp][] = [
    ['foreign.guestbench', '{"hello": "world"}\n', /cannot be shown.*its first line does not begin one/is],
    ['text.guestbench', 'just some text\nand more\n', /cannot be shown.*line 1/is],
    ['empty.guestbench', '', /cannot be shown/i],
    ['torn.guestbench', header, /cannot be shown/i],
  ];
  for (const [name, content, message] of cases) {
    it(`${name} opens to a clear message`, async () => {
      mkdirSync(demo.results, { recursive: true });
      writeFileSync(join(demo.results, name), content);
      const label = name.replace('.guestbench', '');
      await rowsContain('Experiments', new RegExp(`^${label}, cannot be read`));
      await workbench.treeRow('Experiments', label).click();
      const text = await workbench.until('a message', async () =>
        (await workbench.webviewFrame().locator('main').innerText()).trim(),
      );
      expect(text).toMatch(message);
      await workbench.screenshot(`file-${name.split('.')[0]}`);
      await workbench.palette('View: Close All Editors');
    });
  }
});

describe('a report whose file is damaged while it is open', () => {
  it('says so, and has all its figures again once the file is mended', async () => {
    const good = readFileSync(join('media', 'samples', 'xen-4.17-emulated.guestbench'), 'utf8');
    mkdirSync(demo.results, { recursive: true });
    const file = join(demo.results, 'mended.guestbench');
    const page = () => workbench.webviewFrame().locator('main');
    const figures = async () => (await page().locator('.overview tbody tr').allInnerTexts()).join('\n');
    const shown = () => workbench.until('the figures', figures);
    writeFileSync(file, good);
    await workbench.openFile('mended.guestbench');
    const before = await shown();
    expect(before).toMatch(/OpenSSL/);
    writeFileSync(file, good.replace('\n', '\nno line of it\n'));
    await workbench.until('the message', async () =>
      (await page().innerText()).includes('Line 2 is not JSON'),
    );
    writeFileSync(file, good);
    expect(await shown()).toBe(before);
    await workbench.palette('View: Close All Editors');
  });
});

describe('commands', () => {
  it('say what is missing when there is nothing to stop', async () => {
    await workbench.palette('Guestbench: Stop Experiment');
    const told = await workbench.notification('No experiment is running.');
    expect(await told.innerText()).not.toContain('unexpectedly');
  });
});
