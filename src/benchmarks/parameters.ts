import * as z from 'zod/mini';

/** A whole number between `least` and `most`, with what is taken when it is not given. */
export function wholeNumber(least: number, most: number, preset: number, multipleOf = 1) {
  const error =
    `must be a whole number from ${least} to ${most}` +
    (multipleOf === 1 ? '' : `, a multiple of ${multipleOf}`);
  return z._default(
    z
      .int({ error })
      .check(z.minimum(least, { error }), z.maximum(most, { error }), z.multipleOf(multipleOf, { error })),
    preset,
  );
}

/** One of a few words. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T, preset: T[number]) {
  return z._default(z.enum(words, { error: `must be one of ${words.join(', ')}` }), preset);
}

/** The parameters of a benchmark: anything that is not in `shape` is refused by its name. */
export function parameterObject<T extends z.core.$ZodLooseShape>(shape: T) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `does not know ${issue.keys.join(', ')}; known: ${known}`
        : 'must be an object',
  });
}
