import * as z from 'zod/mini';

const oneLine = (most: number) => z.string().check(z.regex(/^[^\s\p{Cc}][^\p{Cc}]*$/u), z.maxLength(most));
const id = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), z.maxLength(64));
const seconds = z.int().check(z.minimum(1), z.maximum(7 * 24 * 3600));

/** Text of a POSIX shell script, or its lines. */
const shellTextSchema = z.union([
  z.string().check(z.regex(/^[^\0]*[^\s\0][^\0]*$/), z.maxLength(100_000)),
  z.array(z.string().check(z.regex(/^[^\0]*$/))).check(z.minLength(1), z.maxLength(5_000)),
]);
export type ShellText = z.infer<typeof shellTextSchema>;

/** The ways in which a figure is read; a metric names exactly one. */
export const readingWays = ['regex', 'jsonPointer', 'csvColumn', 'elapsed'] as const;
export type ReadingWay = (typeof readingWays)[number];

/** What may stand beside each way. */
const companions: Readonly<Record<ReadingWay, readonly string[]>> = {
  regex: ['group', 'take', 'file'],
  jsonPointer: ['file'],
  csvColumn: ['row', 'separator', 'file'],
  elapsed: [],
};

/** One figure out of several. */
export const choiceSchema = z.enum(['first', 'last', 'mean']);
export type Choice = z.infer<typeof choiceSchema>;

const companionsFit = z.refine<object>(
  (read) => {
    const named = readingWays.filter((way) => way in read);
    const [way] = named;
    if (way === undefined || named.length > 1) return true;
    return Object.keys(read).every((key) => key === way || companions[way].includes(key));
  },
  {
    error: ({ input }) => {
      const keys = Object.keys(input as object);
      const way = readingWays.find((candidate) => keys.includes(candidate)) ?? 'regex';
      const wrong = keys.filter((key) => key !== way && !companions[way].includes(key));
      const fits = companions[way].map((key) => `"${key}"`).join(', ') || 'nothing';
      return `has ${wrong.map((key) => `"${key}"`).join(', ')}, which means nothing beside "${way}"; beside it can stand: ${fits}`;
    },
  },
);

export const readSchema = z
  .strictObject({
    regex: z.optional(z.string().check(z.minLength(1), z.maxLength(1_000))),
    /** Number (0: the whole match) or name of the group that holds the figure; by default the first, or the whole match. */
    group: z.optional(
      z.union([z.int().check(z.minimum(0), z.maximum(99)), z.string().check(z.minLength(1))]),
    ),
    take: z.optional(choiceSchema),
    jsonPointer: z.optional(z.string().check(z.regex(/^(?:\/(?:[^~/]|~[01])*)*$/u), z.maxLength(1_000))),
    /** The column's name in the header, or its number from 1 where there is no header. */
    csvColumn: z.optional(
      z.union([z.string().check(z.minLength(1)), z.int().check(z.minimum(1), z.maximum(10_000))]),
    ),
    row: z.optional(choiceSchema),
    separator: z.optional(z.string().check(z.regex(/^[^"\r\n\0]$/))),
    elapsed: z.optional(z.literal(true)),
    /** A file that the command writes into $GB_FILES; standard output by default. */
    file: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_+][A-Za-z0-9._+-]*$/), z.maxLength(200))),
  })
  .check(
    z.refine((read) => readingWays.filter((way) => read[way] !== undefined).length === 1, {
      error: `needs exactly one of ${readingWays.map((way) => `"${way}"`).join(', ')}`,
    }),
    companionsFit,
  );
/** Where the figure of a metric stands in what a command leaves behind. */
export type Read = z.infer<typeof readSchema>;

export const ownMetricSchema = z.strictObject({
  id,
  title: z.optional(oneLine(100)),
  unit: oneLine(30),
  better: z.enum(['higher', 'lower', 'none']),
  primary: z.optional(z.boolean()),
  read: readSchema,
  /** What the figure is multiplied by, e.g. 0.001 from milliseconds to seconds. */
  factor: z.optional(z.number().check(z.gt(0), z.lt(Infinity))),
});
export type OwnMetric = z.infer<typeof ownMetricSchema>;

const metricsSchema = z.array(ownMetricSchema).check(
  z.minLength(1),
  z.refine((metrics) => metrics.some(({ better }) => better !== 'none'), {
    error: 'needs at least one metric with "better": "higher" or "lower": else nothing can be compared',
  }),
  z.refine((metrics) => metrics.filter(({ primary }) => primary === true).length <= 1, {
    error: 'has more than one metric with "primary": true; only one is tested',
  }),
  z.refine((metrics) => !metrics.some(({ primary, better }) => primary === true && better === 'none'), {
    error: 'has a primary metric with "better": "none"; what is tested must be "higher" or "lower"',
  }),
);

export const ownBenchmarkSchema = z.strictObject({
  id,
  title: z.optional(oneLine(100)),
  description: z.optional(oneLine(300)),
  kind: z.optional(z.enum(['cpu', 'memory', 'disk', 'web', 'system'])),
  command: shellTextSchema,
  prepare: z.optional(shellTextSchema),
  cleanup: z.optional(shellTextSchema),
  needs: z.optional(z.array(z.string().check(z.regex(/^[A-Za-z0-9_/][A-Za-z0-9_./+-]*$/), z.maxLength(200)))),
  packages: z.optional(z.array(z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/), z.maxLength(100)))),
  estimateSeconds: z.optional(seconds),
  timeoutSeconds: z.optional(seconds),
  metrics: metricsSchema,
});
/** A benchmark that a person wrote into the lab file. */
export type OwnBenchmark = z.infer<typeof ownBenchmarkSchema>;
