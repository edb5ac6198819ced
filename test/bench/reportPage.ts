import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';

/** What a page and its host say to each other; the messages are those of the product. */
export interface PageHost {
  /** Called with each message of the page; what it gives is sent to the page. */
  answer: (message: unknown) => Promise<unknown>;
  /** What it sends by itself after an answer that was the head of a model. */
  rest: () => unknown;
}

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

const nonce = 'Z3Vlc3RiZW5jaA';
const csp = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self'; img-src 'self' data:; worker-src 'self'`;

/** VS Code's side of a webview, which is another process than the page: messages are parsed there, and cloned but for their buffers. */
const bridge = (messages: string) => `
  const arrays = { Float64Array, Uint32Array };
  const unpacked = (answer) => {
    const [textBytes, count] = new Uint32Array(answer, 0, 2);
    const lengths = [...new Uint32Array(answer, 8, count)];
    let end = 8 + 4 * count + textBytes;
    const text = new TextDecoder().decode(new Uint8Array(answer, end - textBytes, textBytes));
    const buffers = lengths.map((length) => answer.slice(end, (end += length)));
    const message = JSON.parse(text, (_, value) =>
      value !== null && arrays[value.type] && value.buffer !== undefined
        ? new arrays[value.type](buffers[value.buffer])
        : value,
    );
    return { message, buffers };
  };
  const ask = async (address, request) => (await fetch(address, { method: 'POST', body: request })).arrayBuffer();
  const hand = (answer) => {
    const { message, buffers } = unpacked(answer);
    const isHead = message.part === 'head';
    postMessage({ message, buffers, isHead }, buffers);
    return isHead;
  };
  onmessage = async ({ data }) => {
    const answer = await ask('${messages}', JSON.stringify(data));
    if (answer.byteLength === 0) return postMessage({});
    if (hand(answer)) hand(await ask('${messages}rest', ''));
  };`;

const pageSide = `
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: 'longtask', buffered: true });
  window.answersAwaited = 0;
  const bridge = new Worker('/bridge.js');
  bridge.onmessage = ({ data: { message, buffers, isHead } }) => {
    if (message !== undefined) window.postMessage(message, location.origin, buffers);
    if (!isHead) window.answersAwaited -= 1;
  };
  window.acquireVsCodeApi = () => ({
    getState: () => undefined,
    setState: () => undefined,
    postMessage: (message) => {
      window.answersAwaited += 1;
      bridge.postMessage(message);
    },
  });`;

const html = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<title>Guestbench</title>
<link rel="stylesheet" href="/theme.css">
<link rel="stylesheet" href="/webview.css">
</head>
<body class="vscode-dark">
<main id="report" aria-busy="true"></main>
<script nonce="${nonce}">${pageSide}</script>
<script nonce="${nonce}" src="/webview.js"></script>
</body>
</html>`;

const theme = `:root {
  --vscode-foreground: #cccccc; --vscode-editor-foreground: #cccccc; --vscode-editor-background: #1f1f1f;
  --vscode-descriptionForeground: #9d9d9d; --vscode-panel-border: #2b2b2b; --vscode-focusBorder: #0078d4;
  --vscode-font-family: sans-serif; --vscode-font-size: 13px; --vscode-charts-green: #89d185;
  --vscode-charts-red: #f14c4c; --vscode-charts-blue: #3794ff; --vscode-charts-orange: #d18616;
  --vscode-charts-purple: #b180d7; --vscode-textLink-foreground: #4daafc;
}
body { background: var(--vscode-editor-background); color: var(--vscode-foreground); }`;

/**
 * Serves the page of the report, as it was built into `folder`, on 127.0.0.1.
 * @param messages the address of its host, which is another process: as in VS Code, files come from elsewhere.
 */
export async function servePage(folder: string, messages: string): Promise<ServedPage> {
  const files = new Map<string, readonly [string, string | Buffer]>([
    ['/', ['text/html', html]],
    ['/bridge.js', ['text/javascript', bridge(messages)]],
    ['/theme.css', ['text/css', theme]],
    ['/webview.css', ['text/css', await readFile(path.join(folder, 'webview.css'))]],
    ['/webview.js', ['text/javascript', await readFile(path.join(folder, 'webview.js'))]],
  ]);
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (file !== undefined) response.setHeader('content-type', file[0]).end(file[1]);
    else response.writeHead(404).end();
  });
  return listening(server);
}

/** Answers the messages of the page at the address it gives. */
export async function serveMessages(host: PageHost): Promise<ServedPage> {
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    void answer(request, response, host);
  });
  return listening(server);
}

async function listening(server: Server): Promise<ServedPage> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => closed(server) };
}

async function answer(request: IncomingMessage, response: ServerResponse, host: PageHost): Promise<void> {
  try {
    if (request.url === '/rest') {
      response.end(packed(host.rest()));
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const message: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    const found = await host.answer(message);
    response.end(found === undefined ? '' : packed(found));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}

/** As VS Code sends a message: its JSON, with the buffers beside it. First the length of the JSON, the number of buffers and their lengths. */
function packed(message: unknown): Buffer {
  const buffers: Buffer[] = [];
  const text = JSON.stringify(message, (_, value: unknown) => {
    if (!(value instanceof Float64Array) && !(value instanceof Uint32Array)) return value;
    buffers.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    return { type: value.constructor.name, buffer: buffers.length - 1, bytes: value.byteLength };
  });
  const bytes = Buffer.from(text, 'utf8');
  const head = Buffer.alloc(8);
  head.writeUInt32LE(bytes.length, 0);
  head.writeUInt32LE(buffers.length, 4);
  const lengths = Buffer.alloc(4 * buffers.length);
  buffers.forEach((buffer, index) => lengths.writeUInt32LE(buffer.length, 4 * index));
  return Buffer.concat([head, lengths, bytes, ...buffers]);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
