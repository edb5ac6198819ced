import { measurePrinting } from './printing';

/** A benchmark that prints a million lines one by one. */
export async function* bench(): AsyncGenerator<string> {
  yield await measurePrinting({
    name: 'a million single lines',
    print: 'i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); echo "line $i of a benchmark"; done',
    limitPercent: 5,
    rounds: 12,
  });
}
