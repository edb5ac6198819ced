/** Lists and objects inside each other, at most, in any document that is read. None that is written comes near. */
export const deepestNesting = 64;

const quote = 0x22;
const backslash = 0x5c;

/** Whether a value has lists and objects more than `deepestNesting` deep inside each other. Not recursive. */
export function isNestedTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= deepestNesting) return true;
    const inside: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      for (const child of Array.isArray(one) ? (one as readonly unknown[]) : Object.values(one))
        if (typeof child === 'object' && child !== null) inside.push(child);
    }
    level = inside;
  }
  return false;
}

/**
 * Where a text of JSON goes too deep: the place of the first bracket that does; undefined: nowhere. Reads brackets
 * outside strings only, so it holds for any text, and needs no memory.
 */
export function tooDeepAt(json: string): number | undefined {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (isString) {
      if (code === backslash) at++;
      else if (code === quote) isString = false;
    } else if (code === quote) isString = true;
    // [ and {, ] and }
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > deepestNesting) return at;
    } else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
  }
  return undefined;
}

/** The value of a text of JSON. @throws SyntaxError, also for one that is nested too deep. */
export function parseJson(json: string): unknown {
  if (tooDeepAt(json) !== undefined) {
    throw new SyntaxError(`lists and objects stand more than ${deepestNesting} deep inside each other`);
  }
  return JSON.parse(json) as unknown;
}
