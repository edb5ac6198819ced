import * as z from 'zod/mini';

export const modes = [
  'PV',
  'HVM',
  'PVHVM',
  'PVH',
  'dom0',
  'KVM',
  'VMware',
  'Hyper-V',
  'bare metal',
  'container',
  'other',
  'unknown',
] as const;
export const modeSchema = z.enum(modes);
/** How a guest is virtualized, as seen from inside. */
export type Mode = z.infer<typeof modeSchema>;

const modeVerdictSchema = z.object({
  mode: modeSchema,
  confidence: z.enum(['certain', 'likely', 'unknown']),
  /** The lines of evidence that decided it, and what to run where evidence is missing. */
  because: z.readonly(z.array(z.string())),
});
export type ModeVerdict = z.infer<typeof modeVerdictSchema>;

/** Label (a file's absolute path, or a command line as typed) to the text it gave. Absent: could not be read. */
export type Evidence = ReadonlyMap<string, string>;

export const factsSchema = z.object({
  mode: modeVerdictSchema,
  hostname: z.optional(z.string()),
  kernel: z.optional(z.string()),
  distribution: z.optional(z.string()),
  architecture: z.optional(z.string()),
  cpuModel: z.optional(z.string()),
  vcpus: z.optional(z.number()),
  memoryBytes: z.optional(z.number()),
  hypervisor: z.optional(z.string()),
  hypervisorVersion: z.optional(z.string()),
  clockSource: z.optional(z.string()),
  /** Vulnerability name to what the kernel says of it. */
  mitigations: z.record(z.string(), z.string()),
  rootDisk: z.optional(z.string()),
  rootFilesystem: z.optional(z.string()),
  diskDriver: z.optional(z.string()),
  networkDriver: z.optional(z.string()),
  /** Load averages over 1, 5 and 15 minutes. */
  load: z.optional(z.tuple([z.number(), z.number(), z.number()])),
  uptimeSeconds: z.optional(z.number()),
  /** The kernel's random id of this boot: another one means the guest was rebooted. */
  bootId: z.optional(z.string()),
  machineId: z.optional(z.string()),
});
/** What one probe of a guest concluded. */
export type Facts = z.infer<typeof factsSchema>;
