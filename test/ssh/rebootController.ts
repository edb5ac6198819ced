/** A controller in a process of its own, so that it can be killed: runs what its argument says, tells its events. */
import { rebootRunner, type RebootOrder } from './rebootRunner';

const order = JSON.parse(process.argv[2] ?? '') as RebootOrder;
const { runner } = rebootRunner(order, {
  onEvent: (event) => process.stdout.write(`${event.type} ${'phase' in event ? event.phase : ''}\n`),
});
await runner.run();
process.exit();
