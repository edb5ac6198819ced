import { CharTest, setOf, type CharSet } from './charSet';
import { PatternError, type Assertion, type Node, type Syntax } from './syntax';

/** Threads of the matcher walk through steps; a fork's first way is preferred to its second. */
export type Step =
  | { readonly type: 'character'; readonly test: CharTest; readonly set: CharSet }
  | { readonly type: 'fork'; first: number; second: number }
  | { readonly type: 'jump'; to: number }
  | { readonly type: 'save'; readonly slot: number }
  | { readonly type: 'assert'; readonly kind: Assertion }
  | { readonly type: 'found' };

const mostSteps = 2000;

/** @throws PatternError when repetitions within repetitions make it too large. */
export function compile({ root }: Syntax): readonly Step[] {
  const steps: Step[] = [];
  const add = <T extends Step>(step: T): T => {
    if (steps.length >= mostSteps) {
      throw new PatternError('it is too large; use smaller numbers of repetitions');
    }
    steps.push(step);
    return step;
  };
  const emit = (node: Node): void => {
    switch (node.type) {
      case 'set':
        add({ type: 'character', test: new CharTest(node.set), set: node.set });
        return;
      case 'assert':
        add({ type: 'assert', kind: node.kind });
        return;
      case 'sequence':
        node.parts.forEach(emit);
        return;
      case 'group':
        add({ type: 'save', slot: 2 * node.index });
        emit(node.body);
        add({ type: 'save', slot: 2 * node.index + 1 });
        return;
      case 'either':
        emitEither(node.choices);
        return;
      case 'repeat':
        emitRepeat(node);
        return;
    }
  };
  const emitEither = (choices: readonly Node[]): void => {
    const jumps: { to: number }[] = [];
    choices.forEach((choice, index) => {
      const isLast = index === choices.length - 1;
      const fork = isLast ? undefined : add({ type: 'fork', first: steps.length + 1, second: 0 });
      emit(choice);
      if (fork === undefined) return;
      jumps.push(add({ type: 'jump', to: 0 }));
      fork.second = steps.length;
    });
    for (const jump of jumps) jump.to = steps.length;
  };
  const emitRepeat = ({ body, least, most, greedy }: Node & { readonly type: 'repeat' }): void => {
    const fork = (): { readonly into: () => void; readonly past: () => void } => {
      const made = add({ type: 'fork', first: 0, second: 0 });
      const [into, past] = greedy ? (['first', 'second'] as const) : (['second', 'first'] as const);
      return { into: () => void (made[into] = steps.length), past: () => void (made[past] = steps.length) };
    };
    for (let count = 0; count < least; count++) emit(body);
    if (most === Infinity) {
      const start = steps.length;
      const loop = fork();
      loop.into();
      emit(body);
      add({ type: 'jump', to: start });
      loop.past();
      return;
    }
    const forks = Array.from({ length: most - least }, () => {
      const one = fork();
      one.into();
      emit(body);
      return one;
    });
    for (const one of forks) one.past();
  };
  emit(root);
  add({ type: 'found' });
  return steps;
}

/** What a match can begin with; undefined: it can be empty. */
export function firstCharacters(steps: readonly Step[]): CharSet | undefined {
  const ranges: (readonly [number, number])[] = [];
  const seen = new Set<number>();
  const open = [0];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const step = steps[index];
    if (step === undefined || seen.has(index)) continue;
    seen.add(index);
    if (step.type === 'found') return undefined;
    if (step.type === 'character') ranges.push(...step.set);
    else if (step.type === 'fork') open.push(step.first, step.second);
    else open.push(step.type === 'jump' ? step.to : index + 1);
  }
  return setOf(...ranges);
}
