/** Text from outside with nothing invisible in it. */

/**
 * Control characters, halves of surrogate pairs, and all that has no shape of its own: marks that reorder or join text,
 * fillers, tags, selectors of variants. A selector after an emoji is how the emoji is written, so it stays.
 */
const unseen =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb\ufffe\uffff](?<!\p{Extended_Pictographic}\ufe0f)/gu;
/** Accents that pile up reach into the lines above and below. */
const piledUp = /(\p{Mn}{4})\p{Mn}+/gu;

/** Text from outside with each character that cannot be seen replaced by one that can; line breaks among them. */
export function seen(text: string): string {
  return text.replace(unseen, '\ufffd').replace(piledUp, '$1');
}

/** Text from outside in one line: control characters and those that reorder text become visible. */
export function plain(text: string): string {
  return seen(text.replace(/[\t\r\n]+/g, ' '));
}
