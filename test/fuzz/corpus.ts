import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'corpus');

/** Inputs of before that went wrong, and others worth to begin with, by target. Latin-1, so that any bytes can stand there. */
export function corpusOf(target: string): readonly string[] {
  const own = join(folder, target);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .sort()
    .map((name) => readFileSync(join(own, name), 'utf8'));
}
