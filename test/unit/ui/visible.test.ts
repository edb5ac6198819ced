import { beforeEach, describe, expect, it, vi } from 'vitest';
import * as vscode from 'vscode';
import {
  showErrorMessage,
  showInformationMessage,
  showStatus,
  showWarningMessage,
  withProgress,
} from '../../../src/ui/visible/messages';
import {
  createStatusItem,
  createTerminal,
  createWebviewPanel,
  listTooltip,
  nameTab,
} from '../../../src/ui/visible/places';
import {
  createInputBox,
  createQuickPick,
  showInputBox,
  showOpenDialog,
  showQuickPick,
  showSaveDialog,
} from '../../../src/ui/visible/questions';
import { createLog, createTreeView } from '../../../src/ui/visible/views';
import { hostileTexts, unseen } from '../../hostileStrings';
import { answers, forget, made, shown, textsAt } from './vscodeFake';

vi.mock('vscode', () => import('./vscodeFake'));
beforeEach(forget);

const texts = Object.values(hostileTexts);
const links = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)/i;
const icons = /(?<!\\)\$\([a-z-]+(?:~[a-z-]+)?\)/i;
/** Where VS Code makes links of text. */
const linking = /^(?:message|progress|input\.prompt|input\.validation|tree\.message)$/;
/** Where it makes icons. */
const iconic = /^(?:quickPick\.(?:label|description|detail)|statusBar|terminal\.name|progress)$/;
const oneLine = /^(?!modal\.detail|log$|.*tooltip|.*\.prompt$)/;

function expectHarmless(count: number): void {
  expect(shown.length).toBeGreaterThanOrEqual(count);
  for (const { where, text } of shown) {
    expect(text, where).not.toMatch(unseen);
    if (oneLine.test(where)) expect(text, where).not.toContain('\n');
    if (linking.test(where)) expect(text, where).not.toMatch(links);
    if (iconic.test(where)) expect(text, where).not.toMatch(icons);
    for (const line of text.split('\n')) expect(line.length, where).toBeLessThan(2100);
  }
}

describe('what VS Code shows for us', () => {
  it('is harmless in messages, whoever wrote it', async () => {
    for (const text of texts)
      for (const show of [showInformationMessage, showWarningMessage, showErrorMessage]) {
        await show(text, text);
        await show(text, { modal: true, detail: [text, text] }, text);
        await show(text, { modal: true, detail: text });
        const detail = textsAt('modal.detail');
        expect(detail.at(-2)?.split('\n')).toHaveLength(2);
        expect(detail.at(-1)).not.toContain('\n');
      }
    expectHarmless(texts.length * 3 * 7);
  });

  it('gives back the button that was pressed, also where two look alike', async () => {
    answers.push('Run Without $ (trash)');
    expect(await showWarningMessage('x', { modal: true }, 'Try Again', 'Run Without $(trash)')).toBe(
      'Run Without $(trash)',
    );
    answers.push('Take');
    const take = { title: 'Take' };
    const keep = { title: 'Keep', isCloseAffordance: true };
    expect(await showInformationMessage<vscode.MessageItem>('x', keep, take)).toBe(take);
    expect(await showErrorMessage('x', 'Show Log')).toBeUndefined();
  });

  it('is harmless in progress and the status bar, where our own icons stay', async () => {
    const location = vscode.ProgressLocation.Notification;
    for (const text of texts) {
      await withProgress({ location, title: text }, (progress) => {
        progress.report({ message: text, increment: 1 });
        return Promise.resolve();
      });
      shown.splice(0).forEach((one) => {
        expect(one.text).not.toMatch(links);
        expect(one.text).not.toMatch(icons);
      });
      showStatus('check', text, 1);
      const command = { command: 'x', title: 'x' };
      createStatusItem('id', text, 1).show({ icon: 'sync~spin', text, tooltip: [text, text], command });
      const bar = textsAt('statusBar');
      expect(bar.map((each) => each.startsWith('$(check) ') || each.startsWith('$(sync~spin) '))).toEqual([
        true,
        true,
      ]);
      for (const each of bar) expect(each.slice(3)).not.toMatch(icons);
      expect(textsAt('statusBar.tooltip')[0]?.split('\n')).toHaveLength(2);
      shown.length = 0;
    }
  });

  it('is harmless in quick picks, whose items come back as they were given', async () => {
    for (const text of texts) {
      const items = [
        { label: 'other', value: 0 },
        { label: text, description: text, detail: text, value: 1 },
      ];
      answers.push('other');
      expect(await showQuickPick(items, { title: text, placeHolder: text })).toBe(items[0]);
      answers.push('other');
      expect(await showQuickPick(items, { title: text, canPickMany: true })).toEqual([items[0]]);
      const pick = createQuickPick<(typeof items)[number]>();
      pick.title = text;
      pick.placeholder = text;
      pick.items = items;
      pick.activeItems = items.slice(1);
      expect(pick.items).toEqual(items);
      expect(pick.activeItems[0]).toBe(items[1]);
      pick.show();
    }
    expectHarmless(texts.length * 16);
  });

  it('is harmless in input boxes and file dialogs', async () => {
    for (const text of texts) {
      answers.push('typed');
      const typed = await showInputBox({
        ...{ title: text, prompt: [text, text], placeHolder: text, value: text },
        validateInput: () => text,
      });
      expect(typed).toBe('typed');
      expect(textsAt('input.prompt').at(-1)?.split('\n')).toHaveLength(2);
      const box = createInputBox();
      box.title = text;
      box.prompt = text;
      box.validationMessage = text;
      box.validationMessage = { message: text, severity: vscode.InputBoxValidationSeverity.Warning };
      await showOpenDialog({ title: text });
      await showSaveDialog({ title: text });
    }
    expectHarmless(texts.length * 10);
  });

  it('is harmless in rows of trees, also when they are read later, and in their messages', async () => {
    const token = new vscode.CancellationTokenSource().token;
    for (const text of texts) {
      const tree = createTreeView<string>('guests', {
        treeDataProvider: {
          getChildren: () => [text],
          getTreeItem: () => {
            const item = new vscode.TreeItem(text);
            item.description = text;
            item.accessibilityInformation = { label: text };
            return item;
          },
          resolveTreeItem: (item) => {
            item.tooltip = text;
            return item;
          },
        },
      });
      const { treeDataProvider } = made.find(({ kind }) => kind === 'tree:guests')!.options as {
        treeDataProvider: vscode.TreeDataProvider<string>;
      };
      const row = await treeDataProvider.getTreeItem(text);
      const resolved = await treeDataProvider.resolveTreeItem?.(row, text, token);
      for (const part of [row.label, row.description, row.accessibilityInformation?.label]) {
        expect(part).not.toMatch(unseen);
        expect(part).not.toContain('\n');
      }
      expect(resolved?.tooltip).not.toMatch(unseen);
      tree.tell(text, 1);
      made.length = 0;
    }
    expectHarmless(texts.length);
  });

  it('is harmless in the names of terminals and tabs, and in tooltips with Markdown', () => {
    for (const text of texts) {
      createTerminal({ name: text, pty: {} as vscode.Pseudoterminal });
      nameTab(createWebviewPanel('x', text, vscode.ViewColumn.Active, {}), text);
      const { value } = listTooltip(text, [text, text]);
      expect(value.split('\n')).toHaveLength(5);
      expect(value).not.toMatch(/[[\]()<>`_:/@.]/);
    }
    expectHarmless(texts.length * 3);
  });

  it('makes no entry of the log but those we write', () => {
    const log = createLog('Guestbench');
    for (const text of texts)
      for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) log[level](text);
    expectHarmless(texts.length * 5);
    for (const text of textsAt('log')) expect(text).not.toMatch(/\n(?! {4})/);
    expect(textsAt('log')).toContain('x\n    2026-12-01 11:00:00.000 [info] Host key of root@db1:22 trusted');
  });
});
