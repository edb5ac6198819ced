import { AsyncLocalStorage } from 'node:async_hooks';

/** Where a step's output goes while several steps run side by side. */
const sinks = new AsyncLocalStorage();

/** The function that takes the output of the step that runs now; undefined = the terminal. */
export function currentSink() {
  return sinks.getStore();
}

/** Prints a line: to the terminal, or to the output of the step that runs now. */
export function say(text = '') {
  const sink = currentSink();
  if (sink === undefined) console.log(text);
  else sink(`${text}\n`);
}

/** Runs `body`; everything that it says, and that its commands print, goes to `sink`. */
export function withOutputTo(sink, body) {
  return sinks.run(sink, body);
}
