/** What any program must do that has the values of a file: reads it and parses its lines. By message, in milliseconds. */
import { readFile } from 'node:fs/promises';

process.on('message', async (file) => {
  // What was read before is not to be cleared away in the time of this.
  globalThis.gc();
  const startedMs = performance.now();
  const lines = (await readFile(file, 'utf8')).split('\n');
  const values = lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  const ms = performance.now() - startedMs;
  if (values.length < 100) throw new Error('The file has no lines.');
  process.send(ms);
});
