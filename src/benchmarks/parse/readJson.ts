import { parseJson } from '../../model/nesting';
import { numberFrom, quoted, someOf, type Figure, type Input } from './figures';
import { NoResult } from './judgement';

/** The number that a JSON pointer (RFC 6901) leads to. @throws NoResult */
export function readJson(pointer: string, input: Input): Figure {
  const value = follow(parsed(input), pointer, input.name);
  const json = JSON.stringify(value);
  const where = `"${pointer}" in ${input.name}`;
  if (typeof value !== 'number' && typeof value !== 'string') {
    const what = Array.isArray(value) ? `a list of ${value.length}` : value === null ? 'null' : typeof value;
    throw new NoResult(`${where}: expected a number, found ${what}: ${quoted(json)}`);
  }
  const number = numberFrom(typeof value === 'string' ? value : json, where);
  return { value: number, place: { kind: 'json', input: input.name, pointer, json } };
}

function parsed({ name, text }: Input): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const begins =
      text.trim() === '' ? 'it is empty' : `${said}; it begins with ${quoted(text.trimStart().slice(0, 60))}`;
    throw new NoResult(`expected JSON and nothing else in ${name}: ${begins}`);
  }
}

function follow(root: unknown, pointer: string, name: string): unknown {
  let value = root;
  let passed = '';
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const next = memberOf(value, key);
    if (next === undefined) {
      const here = passed === '' ? 'the whole' : `"${passed}"`;
      throw new NoResult(`"${pointer}" leads nowhere in ${name}: ${here} ${without(value, key)}`);
    }
    value = next.value;
    passed += `/${token}`;
  }
  return value;
}

function memberOf(value: unknown, key: string): { readonly value: unknown } | undefined {
  if (Array.isArray(value)) {
    const index = /^(?:0|[1-9]\d{0,9})$/.test(key) ? Number(key) : -1;
    return index >= 0 && index < value.length ? { value: value[index] as unknown } : undefined;
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return { value: (value as Record<string, unknown>)[key] };
}

function without(value: unknown, key: string): string {
  if (Array.isArray(value))
    return `is a list of ${value.length}, so it has no ${quoted(key)}; its places are counted from 0`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    return `has no ${quoted(key)}; it has ${keys.length === 0 ? 'nothing' : someOf(keys)}`;
  }
  return `is ${quoted(JSON.stringify(value))}, so it has no ${quoted(key)}`;
}
