/** The quick checks, without SSH servers or VS Code: node scripts/check.mjs */
import { main } from './lib/problem.mjs';
import { runSteps } from './lib/runSteps.mjs';

await main(() => runSteps(['format', 'lint', 'types', 'unit', 'build']));
