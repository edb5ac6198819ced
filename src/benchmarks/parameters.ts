import * as z from 'zod/mini';

/**
 * A parameter of a benchmark with what it is, in a sentence, and its unit where it has one. The editor of parameters,
 * the lab file's JSON schema and the documentation all take the words from here.
 */
export function parameter<T extends z.core.$ZodType>(description: string, schema: T, unit?: string): T {
  z.globalRegistry.add(schema, { description, ...(unit === undefined ? {} : { unit }) });
  return schema;
}

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

/** Yes or no, as words: they read better in a lab file than `true`. */
export const yesNo = (preset: 'yes' | 'no') => oneOf(['yes', 'no'], preset);

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

/** Characters that mean nothing to a shell, within single quotes or without. */
const segment = '[A-Za-z0-9_+@=:,%~.-]+';
const absolutePath = new RegExp(`^(?:/${segment})+$`);

/**
 * Where on the guest, or in the net, something is that we do not bring: one of `words`, an absolute path, or a URL
 * with one of `schemes`; of harmless characters only, and without a password.
 */
export function place(words: readonly string[], schemes: readonly string[], preset: string) {
  const url = new RegExp(
    `^(?:${schemes.join('|')})://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:/${segment})+$`,
  );
  const named = words.filter((word) => word !== '').map((word) => `"${word}", `);
  const error =
    `must be ${named.join('')}an absolute path or a URL (${schemes.join(', ')}), of letters, digits and ` +
    '_ + @ = : , % ~ . - / only';
  return z._default(
    z.string({ error }).check(
      z.maxLength(500, { error }),
      z.refine((text) => words.includes(text) || absolutePath.test(text) || url.test(text), { error }),
    ),
    preset,
  );
}

/** Some of a few words, in any order; none means all. */
export function someOf<const T extends readonly [string, ...string[]]>(words: T) {
  const error = `must be a list of any of ${words.join(', ')}`;
  return z._default(z.array(z.enum(words, { error }), { error }), []);
}
