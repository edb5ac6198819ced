// One process of `npm run fuzz`: node worker.mjs SEED FROM STEP UNTIL PUMP_EVERY TARGET=INPUTS…; UNTIL is a time in ms or 0.
import { writeSync } from 'node:fs';
import { emptyTally, fuzz } from './fuzz';
import { targets } from './targets/all';

const [seed = 0, from = 0, step = 1, until = 0, pumpEvery = 0] = process.argv.slice(2, 7).map(Number);
// At once, and in order: who reads it must know what was under way when nothing more comes.
const tell = (message: object): void => void writeSync(1, `${JSON.stringify(message)}\n`);
const isInTime = (): boolean => until === 0 || Date.now() < until;

for (const word of process.argv.slice(7)) {
  const [name = '', count = '0'] = word.split('=');
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target ${name}`);
  const tally = emptyTally();
  const block = 20_000;
  const end = from + Number(count);
  for (let at = from; at < end && isInTime(); at += block * step) {
    tell({ at: name, index: at });
    const to = Math.min(end, at + block * step);
    await fuzz(
      target,
      { seed, from: at, to, step, pumpEvery, goOn: isInTime, onLong: (index) => tell({ at: name, index }) },
      tally,
    );
  }
  tell({ target: name, tally });
}
