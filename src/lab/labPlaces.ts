import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import { tooDeepIn } from './labRead';

/** Where a guest's entry begins in the text of a lab file, counted from 1; undefined when it is not there. */
export function placeOfGuest(
  text: string,
  name: string,
): { readonly line: number; readonly column: number } | undefined {
  const root = tooDeepIn(text) === undefined ? parseTree(text) : undefined;
  const guests = root && findNodeAtLocation(root, ['guests']);
  const entry = guests?.children?.find((node) => findNodeAtLocation(node, ['name'])?.value === name);
  if (!entry) return undefined;
  const before = text.slice(0, entry.offset);
  return { line: before.split('\n').length, column: entry.offset - before.lastIndexOf('\n') };
}
