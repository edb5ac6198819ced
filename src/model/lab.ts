import * as z from 'zod/mini';
import { ownBenchmarkSchema } from './ownBenchmark';

/** A name that is safe in file names, terminals and URLs: no blanks at the ends, no control characters. */
const name = z
  .string()
  .check(
    z.regex(/^[^\s\p{Cc}][^\p{Cc}]*$/u, 'must be a name without control characters or a leading blank'),
    z.maxLength(100),
  );
const hostAddress = z
  .string()
  .check(
    z.regex(/^[^\s\p{Cc}-][^\s\p{Cc}]*$/u, 'must be a host name or address without blanks'),
    z.maxLength(255),
  );

/** What a guest of a lab can be told to be. The probe decides; a mismatch is shown. */
export const expectedModeSchema = z.enum(['PV', 'HVM', 'PVHVM', 'PVH']);

export const hostSchema = z.strictObject({
  name,
  kind: z.optional(z.enum(['xl', 'xapi', 'xen-orchestra', 'other'])),
  address: z.optional(hostAddress),
  port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
  user: z.optional(z.string().check(z.minLength(1))),
});
export type Host = z.infer<typeof hostSchema>;

export const guestSchema = z
  .strictObject({
    name,
    /** The physical machine it runs on: guests of one host never run trials at the same time. */
    host: z.optional(name),
    /** Host name or IP address; or `sshHost`, an alias of ~/.ssh/config. */
    address: z.optional(hostAddress),
    port: z.optional(z.int().check(z.minimum(1), z.maximum(65535))),
    user: z.optional(z.string().check(z.minLength(1))),
    sshHost: z.optional(hostAddress),
    /** A private key file; `~` is the home folder. Never the key itself. */
    identityFile: z.optional(z.string().check(z.minLength(1))),
    /** What a person expects; the probe decides. */
    mode: z.optional(expectedModeSchema),
    tags: z.optional(z.array(z.string())),
  })
  .check(
    z.refine((guest) => guest.address !== undefined || guest.sshHost !== undefined, {
      error: 'needs "address" (a host name or IP address) or "sshHost" (an alias of ~/.ssh/config)',
    }),
  );
export type Guest = z.infer<typeof guestSchema>;

export const parametersSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
);
/** Parameters of a benchmark, by name. Each benchmark has its own schema with defaults. */
export type Parameters = z.infer<typeof parametersSchema>;

export const suiteEntrySchema = z.strictObject({
  benchmark: z.string(),
  /** Another id and title in the experiment, so that one benchmark can be there more than once. */
  as: z.optional(name),
  parameters: z.optional(parametersSchema),
});

export const labSchema = z.strictObject({
  $schema: z.optional(z.string()),
  hosts: z._default(z.array(hostSchema), []),
  guests: z._default(z.array(guestSchema), []),
  /** A person's own; absent in the files of before. */
  benchmarks: z.optional(z.array(ownBenchmarkSchema)),
  suites: z._default(z.record(z.string(), z.array(suiteEntrySchema)), {}),
});
/** The hosts and guests a person works with. Holds no secret. */
export type Lab = z.infer<typeof labSchema>;

/** What is wrong with one entry of a lab that is well-formed, and where: for people, without the line. */
export interface LabFinding {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  /** Goes on after the place: `is already the id of benchmarks[0]`. */
  readonly text: string;
  /** A name that is not known, and those that are: for a near miss. */
  readonly name?: { readonly given: string; readonly known: readonly string[] };
}
