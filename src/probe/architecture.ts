import type { Evidence } from '../model/guest';
import { clean, linesOf, textOf } from './evidenceText';

/** `x86` alone has the modes PV, HVM and PVHVM; `other`: a known machine that is none of the three. */
export type ArchitectureFamily = 'x86' | 'arm' | 'riscv' | 'other';

const x86 = /^(x86(_64)?|x86-64|amd64|i[3-6]86(pc)?|x64)$/i;
const arm = /^(aarch64(_be)?|arm64|arm(v\d\w*|el|hf|eb)?)$/i;
const riscv = /^riscv(32|64)?$/i;
const others = /^(ppc(64)?(le)?|powerpc\w*|s390x?|ia64|mips\w*|loongarch\w*|sparc\w*|alpha|parisc\w*|m68k)$/i;

/** The machine's name as the kernel gives it: x86_64, aarch64, …; undefined when it could not be read. */
export function architecture(evidence: Evidence): string | undefined {
  const machine =
    oneLine(textOf(evidence, 'uname -m', 'arch')) ??
    oneLine(
      linesOf(evidence, 'lscpu').flatMap((line) => /^\s*Architecture:\s*(\S+)/.exec(line)?.[1] ?? [])[0],
    );
  if (machine !== undefined) return machine;
  // The last words of `uname -a`: the version before them may hold anything.
  const words = textOf(evidence, 'uname -a')?.split(/\s+/).slice(3) ?? [];
  return words.reverse().find((word) => familyOf(word) !== undefined);
}

/** The kind of machine, from its name or from how its kernel describes the processor. */
export function architectureFamily(evidence: Evidence): ArchitectureFamily | undefined {
  const named = architecture(evidence);
  const family = named === undefined ? undefined : familyOf(named);
  if (family !== undefined) return family;
  for (const line of linesOf(evidence, '/proc/cpuinfo')) {
    if (/^(flags|vendor_id)\s*:.*\b(fpu|GenuineIntel|AuthenticAMD|HygonGenuine)\b/.test(line)) return 'x86';
    if (/^CPU implementer\s*:/.test(line)) return 'arm';
    if (/^isa\s*:\s*rv(32|64)/.test(line)) return 'riscv';
    if (/^cpu\s*:\s*(POWER|PPC)/i.test(line)) return 'other';
  }
  return undefined;
}

function familyOf(machine: string): ArchitectureFamily | undefined {
  if (x86.test(machine)) return 'x86';
  if (arm.test(machine)) return 'arm';
  if (riscv.test(machine)) return 'riscv';
  return others.test(machine) ? 'other' : undefined;
}

function oneLine(text: string | undefined): string | undefined {
  const line = clean(text?.split(/\r?\n/)[0] ?? '');
  return line === '' ? undefined : line.slice(0, 300);
}
