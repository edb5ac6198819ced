import { valueOf } from '../commandArguments';
import type { Services } from '../services';

/** Opens the lab file, made first if there is none; `{ line, column }` names a place in it. */
export async function openLabFile(services: Services, ...args: readonly unknown[]): Promise<void> {
  await services.lab.open();
  const line = valueOf(args[0], 'line');
  const column = valueOf(args[0], 'column');
  await services.lab.show(
    typeof line === 'number' ? { line, column: typeof column === 'number' ? column : 1 } : undefined,
  );
}
