// Takes markup of ours apart, more strictly than any browser: whatever is no element or text of ours throws.

export interface Token {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const tag = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)(\/?)>/;

export interface Markup {
  readonly elements: readonly Token[];
  /** All text that is shown, without that of the style sheet. */
  readonly text: string;
}

/** @throws Error where markup is not well-formed: a stray bracket, an end without a start, an unknown entity. */
export function markupOf(source: string): Markup {
  const elements: Token[] = [];
  const open: string[] = [];
  let text = '';
  let rest = source.replace(/^<!DOCTYPE html>\n/, '').replace(/<style>[^<]*<\/style>/, '');
  while (rest !== '') {
    const at = rest.indexOf('<');
    const before = at < 0 ? rest : rest.slice(0, at);
    if (before.includes('>') || /&(?!(?:amp|lt|gt|quot|#39);)/.test(before))
      throw new Error(`no text of ours: ${before.slice(0, 200)}`);
    text += decoded(before);
    if (at < 0) break;
    rest = rest.slice(at);
    const found = tag.exec(rest);
    if (found === null) throw new Error(`no tag of ours: ${rest.slice(0, 200)}`);
    const [whole, end, name = '', attributes = '', closed] = found;
    rest = rest.slice(whole.length);
    if (end === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> ends another element`);
      continue;
    }
    elements.push({ name, attributes: attributesOf(attributes) });
    if (closed !== '/' && name !== 'meta') open.push(name);
  }
  if (open.length > 0) throw new Error(`not ended: ${open.join(', ')}`);
  return { elements, text };
}

function attributesOf(source: string): Map<string, string> {
  return new Map(
    [...source.matchAll(/ ([a-zA-Z0-9-]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [
      name,
      decoded(value),
    ]),
  );
}

function decoded(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
