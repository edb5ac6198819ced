import { NoResult } from './judgement';

/** An element; attributes are not kept. */
export interface Element {
  readonly name: string;
  readonly line: number;
  readonly children: readonly Element[];
  /** Text directly inside, entities resolved. */
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly line: number;
  readonly children: Element[];
  text: string;
}

const deepest = 64;

/**
 * Reads the XML of result files: elements and text. Every element must be closed and nothing may follow the
 * root, so a cut file is refused. Linear in the length; throws NoResult with the line.
 */
export function readXml(text: string, file: string): Element {
  const stack: Open[] = [];
  let root: Element | undefined;
  let at = 0;
  let line = 1;
  const bad = (what: string) => new NoResult(`${file}, line ${line}: ${what.slice(0, 400)}`);
  const lineEndFrom = (from: number): number => {
    const found = text.indexOf('\n', from);
    return found < 0 ? text.length : found;
  };
  // Kept, so that a document of one long line is searched for its end only once.
  let lineEnd = lineEndFrom(0);
  const advance = (to: number) => {
    for (; lineEnd < to; lineEnd = lineEndFrom(lineEnd + 1)) line++;
    at = to;
  };
  const skipTo = (end: string, what: string): string => {
    const found = text.indexOf(end, at);
    if (found < 0) throw bad(`${what} is not ended by "${end}": the file is cut`);
    const inner = text.slice(at, found);
    advance(found + end.length);
    return inner;
  };
  const close = (element: Open) => {
    const parent = stack.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else if (root !== undefined) throw bad('expected one root element');
    else root = element;
  };

  while (at < text.length) {
    const next = text.indexOf('<', at);
    const chars = text.slice(at, next < 0 ? text.length : next);
    const parent = stack.at(-1);
    if (parent !== undefined) parent.text += decode(chars);
    else if (chars.trim() !== '' && chars.trim() !== '\uFEFF') throw bad(`text outside the root element`);
    advance(next < 0 ? text.length : next);
    if (next < 0) break;
    if (text.startsWith('<!--', at)) {
      advance(at + 4);
      skipTo('-->', 'a comment');
    } else if (text.startsWith('<![CDATA[', at)) {
      advance(at + 9);
      const inner = skipTo(']]>', 'a CDATA section');
      if (parent !== undefined) parent.text += inner;
    } else if (text.startsWith('<?', at) || text.startsWith('<!', at)) {
      skipTo('>', 'a declaration');
    } else {
      advance(at + 1);
      const tag = skipTo('>', 'a tag');
      const [, slash = '', name = '', empty = ''] =
        /^(\/?)([A-Za-z_][\w.-]*)(?:\s[^<]*?)?(\/?)$/.exec(tag) ?? [];
      if (name === '') throw bad(`"<${tag.slice(0, 40)}>" is not a tag`);
      if (slash === '/') {
        const open = stack.pop();
        if (open?.name !== name)
          throw bad(`</${name}> closes ${open === undefined ? 'nothing' : `<${open.name}>`}`);
        close(open);
      } else if (stack.length >= deepest) {
        throw bad(`more than ${deepest} elements inside each other`);
      } else {
        const open: Open = { name, line, children: [], text: '' };
        if (empty === '/') close(open);
        else stack.push(open);
      }
    }
  }
  const open = stack.at(-1);
  if (open !== undefined) throw bad(`<${open.name}> of line ${open.line} is never closed: the file is cut`);
  if (root === undefined) throw bad('expected an XML document');
  return root;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));/g, (whole, decimal, hex, name) => {
    if (typeof name === 'string') return entities[name] ?? whole;
    const code = typeof decimal === 'string' ? Number(decimal) : parseInt(String(hex), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
