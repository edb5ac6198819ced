import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { extension, until } from './support';

/** The kind of the page in front; VS Code puts a prefix of its own before it. */
function frontPage(): string | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputWebview
    ? input.viewType.replace(/^mainThreadWebview-/, '')
    : undefined;
}

describe('several experiments', () => {
  const folder = () => path.join(extension().extensionPath, 'media', 'samples');
  const sample = (name: string) => path.join(folder(), `${name}.guestbench`);

  it('are compared in one tab, named by all of them, the oldest first', async () => {
    const files = [sample('reference-lab-2016'), sample('reference-lab-2013')];
    const shown = await vscode.commands.executeCommand('guestbench.compareExperiments', { files });
    assert.deepEqual(shown, files.toReversed());
    await until('the page', () => frontPage() === 'guestbench.compare');
    const title = 'Reference lab 2013 and Reference lab 2016';
    await until('its title', () => vscode.window.tabGroups.activeTabGroup.activeTab?.label === title);
    await vscode.commands.executeCommand('guestbench.compareExperiments', files);
    const pages = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => input));
    const compared = pages.filter(
      (input) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('guestbench.compare'),
    );
    assert.equal(compared.length, 1);
  });

  it('are followed in a trend of their folder', async () => {
    const shown = await vscode.commands.executeCommand('guestbench.showTrend', { folder: folder() });
    assert.equal(shown, folder());
    await until('the page', () => frontPage() === 'guestbench.trend');
  });
});
