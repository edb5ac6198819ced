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

/** Something on the person's own computer; scripts never see this, but the path on the guest it is uploaded to. */
const localPlace = /^local:(?:\/|~[/\\]|[A-Za-z]:[\\/]|\\\\)[^\p{Cc}]+$/u;
/** The same as an experiment file records it: its name and the beginning of its SHA-256, no private path. */
const uploadedPlace = /^uploaded:[A-Za-z0-9_+-][A-Za-z0-9._+-]*@[0-9a-f]{16}$/;
const onGuest = 'guest:';

/** What scripts that come before the upload see in its place. */
export const uploadedLater = 'uploaded:';

/** Of this computer, so that it must be uploaded before a script can use it. */
export function isUpload(source: string): boolean {
  return source.startsWith('local:') || source.startsWith('uploaded:');
}

export function isUrl(source: string): boolean {
  return /^(?:https?|git|ssh):\/\//.test(source);
}

/**
 * Where something is that we do not bring: one of `words`; `local:` and a path of the person's own computer; a path
 * of the guest, with `guest:` before it or without; or a URL with one of `schemes`. What reaches a guest is of
 * harmless characters only, and without a password.
 */
export function place(words: readonly string[], schemes: readonly string[], preset: string) {
  const url = new RegExp(
    `^(?:${schemes.join('|')})://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:/${segment})+$`,
  );
  const named = words.filter((word) => word !== '').map((word) => `"${word}", `);
  const error =
    `must be ${named.join('')}local:/a/path of this computer, /a/path of the guest, or a URL ` +
    `(${schemes.join(', ')}); the last two of letters, digits and _ + @ = : , % ~ . - / only`;
  const isPlace = (text: string): boolean =>
    words.includes(text) ||
    localPlace.test(text) ||
    uploadedPlace.test(text) ||
    absolutePath.test(withoutPrefix(text, onGuest)) ||
    url.test(text);
  return z._default(
    z.string({ error }).check(
      z.maxLength(500, { error }),
      z.refine(isPlace, { error }),
      z.overwrite((text) => withoutPrefix(text, onGuest)),
    ),
    preset,
  );
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** A SHA-256 in hex that something must have; empty: anything will do. */
export function checksum() {
  const error = 'must be the 64 hexadecimal digits of a SHA-256, or empty';
  return z._default(z.string({ error }).check(z.regex(/^(?:[0-9a-f]{64})?$/, { error })), '');
}

/** Some of a few words, in any order; none means all. */
export function someOf<const T extends readonly [string, ...string[]]>(words: T) {
  const error = `must be a list of any of ${words.join(', ')}`;
  return z._default(z.array(z.enum(words, { error }), { error }), []);
}
