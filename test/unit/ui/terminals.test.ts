import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Plan, Trial } from '../../../src/model/experiment';
import type { Connection } from '../../../src/ssh/transport';
import { RunTerminal } from '../../../src/ui/runTerminal';
import { ShellTerminal } from '../../../src/ui/shellTerminal';
import { StreamTerminal } from '../../../src/ui/streamTerminal';
import { GuestLines, ownLine, plainForTerminal } from '../../../src/ui/terminalText';
import { hostileTexts, unseen } from '../../hostileStrings';
import { experiment, facts } from '../report/experiments';
import { forget, textsAt } from './vscodeFake';

vi.mock('vscode', () => import('./vscodeFake'));
beforeEach(forget);

const texts = Object.values(hostileTexts);
/** Colours, weights, and going up to replace a line: all that we send to a terminal besides text. */
const ours = /\u001b\[(?:\d{1,2}m|1A|J)/g;

interface Writing {
  onDidWrite(listener: (text: string) => void): unknown;
  open(size: undefined): void;
}

/** What a terminal shows, without colours. */
function listenTo(terminal: Writing): () => string {
  let written = '';
  terminal.onDidWrite((text) => (written += text));
  terminal.open(undefined);
  return () => written.replaceAll(ours, '').replaceAll('\r\r', '\r');
}

/** Every line is ours with our mark, or a guest's and indented; returns ours. */
function ownLinesOf(shown: string): readonly string[] {
  expect(shown).not.toMatch(unseen);
  const lines = shown.split(/\r?\n|\r/).filter((line) => line !== '');
  for (const line of lines) {
    expect(line).toMatch(/^(?:▌| {2})/);
    expect(line.slice(1)).not.toMatch(/[█▌▐┃]/);
  }
  return lines.filter((line) => line.startsWith('▌'));
}

const label = texts.join(' ');
const guests = ['a', 'b'].map((name, index) => ({
  name: `${name} ${hostileTexts['heading'] ?? ''}`,
  host: `h${index}`,
  facts: facts('PV'),
}));

function runTerminal(hosts: 1 | 2): { terminal: RunTerminal; plan: Plan } {
  const { plan } = experiment({
    guests: guests.slice(0, hosts),
    workloads: [{ benchmark: 'openssl', blocks: 1, metrics: [] }],
  });
  const options = { label, plan, benchmarks: new Map(), modeOf: () => label, onStop: () => undefined };
  return { terminal: new RunTerminal(options), plan };
}

const progress = { done: 0, total: 9, left: { kind: 'unknown' } } as never;
const figure = (text: string) => ({ id: text, title: text, value: 1, unit: text, better: 'higher' as const });
const end = { durationMs: 100, wallSeconds: 0.1, measurements: [], reason: '' };

describe('the terminal of a run', () => {
  it.each([1, 2] as const)('tells our lines from those of guests on %i hosts', (hosts) => {
    const { terminal, plan } = runTerminal(hosts);
    const shown = listenTo(terminal);
    terminal.header(label, texts);
    const trials = hosts === 1 ? plan.trials.slice(0, 1) : plan.trials.slice(0, 2);
    for (const trial of trials) terminal.onTrialStart(trial, progress);
    const before = ownLinesOf(shown()).length;
    expect(before).toBe(texts.length + 3 + trials.length);
    for (const trial of trials)
      for (const text of texts) {
        terminal.onOutput(trial, 'stdout', Buffer.from(`${text}\n`));
        terminal.onOutput(trial, 'stderr', Buffer.from(`${text}\r\n\r${text}\n`));
        terminal.onOutput(trial, 'stdout', Buffer.from(`▌ ✓ rate 1 ops/s · 0.1 s\r▌ ━━ x\n`));
      }
    expect(ownLinesOf(shown())).toHaveLength(before);
  });

  it('begins a guest’s line anew where one of ours came between', () => {
    const { terminal, plan } = runTerminal(1);
    const shown = listenTo(terminal);
    const [trial] = plan.trials as [Trial];
    terminal.onTrialStart(trial, progress);
    terminal.onOutput(trial, 'stdout', Buffer.from('half '));
    terminal.onNotice('notice');
    terminal.onOutput(trial, 'stdout', Buffer.from('━━ OpenSSL on db1\n'));
    terminal.onTrialEnd(trial, { ...end, outcome: 'failed', reason: 'why\n✓ rate 9' });
    expect(shown()).toContain(
      '\r\n  half \r\n▌ ! notice\r\n  ━━ OpenSSL on db1\r\n▌ ✗ failed: why\r\n  ✓ rate 9\r\n',
    );
  });

  it('has one line of ours for each thing we say, whatever is in it', () => {
    const { terminal, plan } = runTerminal(1);
    const shown = listenTo(terminal);
    const [trial] = plan.trials as [Trial];
    for (const text of texts) {
      const from = ownLinesOf(shown()).length;
      terminal.onTrialStart(trial, progress);
      terminal.onNotice(text);
      terminal.onUpload({ guest: text, name: text, sentBytes: 1, totalBytes: 2 });
      terminal.showWait(text, text);
      const measurements = [figure(text), figure(text)];
      terminal.onTrialEnd(trial, {
        ...end,
        outcome: 'ok',
        measurements,
        failed: [{ test: text, error: text }],
      });
      terminal.onTrialEnd(trial, { ...end, outcome: 'failed', reason: text });
      terminal.onTrialEnd(trial, { ...end, outcome: 'lost', reason: text });
      expect(ownLinesOf(shown()).length - from).toBe(8);
    }
    for (const name of textsAt('terminal.name')) expect(name).not.toMatch(/\$\(|\n/);
  });
});

describe('the terminal of an installation or a try', () => {
  it('tells our lines from those of the guest', () => {
    const terminal = new StreamTerminal(label);
    const shown = listenTo(terminal);
    for (const text of texts) {
      terminal.heading(text);
      terminal.line(`$ ${text}`);
      terminal.lines([plainForTerminal(text)]);
      terminal.output(Buffer.from(text));
      terminal.output(Buffer.from(`${text}\r▌ $ rm -rf /\n`));
    }
    expect(ownLinesOf(shown())).toHaveLength(1 + 3 * texts.length);
  });

  it('keeps what the guest prints as it is, but for two blanks before each line', () => {
    const terminal = new StreamTerminal('x');
    const shown = listenTo(terminal);
    const before = shown().length;
    terminal.output(Buffer.from('Reading lists... '));
    terminal.output(Buffer.from('Done\n\n✓ a │ b | c ▁▂▃▄▅▆▇ ░▒▓\nname\tsize\nlonger name\t1'));
    expect(shown().slice(before).split('\r\n')).toEqual([
      '  Reading lists... Done',
      '',
      '  ✓ a │ b | c ▁▂▃▄▅▆▇ ░▒▓',
      '  name    size',
      '  longer name     1',
    ]);
  });
});

describe('the shell of a guest', () => {
  async function shellThat(
    connect: () => Promise<Connection>,
  ): Promise<{ written: () => string; ended: number[] }> {
    const terminal = new ShellTerminal(label, connect);
    let written = '';
    const ended: number[] = [];
    terminal.onDidWrite((text) => (written += text));
    terminal.onDidClose((code) => ended.push(code));
    terminal.open(undefined);
    await vi.waitFor(() => expect(written).not.toBe(''));
    return { written: () => written, ended };
  }

  it('begins and ends with a line of ours, and passes on what is between', async () => {
    const heard: { data?: (chunk: Buffer) => void; close?: (code: number | null) => void } = {};
    const shell = {
      onData: (listener: (chunk: Buffer) => void) => (heard.data = listener),
      onClose: (listener: (code: number | null) => void) => (heard.close = listener),
    };
    const { written, ended } = await shellThat(() =>
      Promise.resolve({ shell: () => Promise.resolve(shell) } as unknown as Connection),
    );
    const first = written();
    expect(ownLinesOf(first.replaceAll(ours, ''))).toHaveLength(1);
    heard.data?.(Buffer.from('\u001b[?1049h\u001b[31m# '));
    expect(written()).toBe(`${first}\u001b[?1049h\u001b[31m# `);
    heard.close?.(null);
    // Back from the guest's other screen and colour, at the beginning of a line.
    expect(written()).toMatch(
      /\u001b\[\?1049l\u001b\[!p\u001b\[0m\r\n\u001b\[36m▌\u001b\[39m .*The connection ended\./,
    );
    expect(ended).toEqual([1]);
  });

  it('shows why there is none as text', async () => {
    for (const text of texts) {
      const { written } = await shellThat(() => Promise.reject(new Error(text)));
      expect(ownLinesOf(written().replaceAll(ours, ''))).toHaveLength(1);
    }
  });
});

describe('text of a guest in a terminal', () => {
  it('cannot hold our mark, nor what looks like it at the beginning of a line', () => {
    expect(plainForTerminal('▌█▐▍┃❚▮ │|')).toBe('####### │|');
    expect(plainForTerminal(ownLine('x'))).not.toContain('▌');
  });

  it('stays in its columns over several pieces', () => {
    const lines = new GuestLines();
    expect(lines.indented('a')).toBe('  a');
    expect(lines.indented('b\tc\r\n')).toBe('b      c\r\n');
    expect(lines.indented('\td', 'g │ ')).toBe('  g │         d');
    lines.interrupt();
    expect(lines.indented('e')).toBe('  e');
  });
});
