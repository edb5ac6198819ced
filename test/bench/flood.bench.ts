import { measurePrinting } from './printing';

/** A benchmark that prints 500 MB. */
export async function* bench(): AsyncGenerator<string> {
  yield await measurePrinting({
    name: '500 MB',
    // Lines of 100 characters.
    print: `yes "$(printf '%0100d' 7)" | head -c 500000000 | tee /dev/null | cat -v`,
    limitPercent: 2,
    rounds: 14,
  });
}
