import type { Evidence } from '../model/guest';
import { containerManagers } from './container';
import { namedElsewhere, namedMode } from './elsewhere';
import { quoted } from './evidenceText';
import { againstGuestType, type XenBase } from './xen';
import { allXenSigns, bootLines, detectedMachine, dmiOf, lscpuField, virtWhat } from './xenSigns';

/** What speaks against a Xen guest of this kind: signs of another hypervisor, or of a real machine. Empty: nothing. */
export function againstXen(evidence: Evidence, base: XenBase): readonly string[] {
  const lines = [...againstGuestType(evidence)];
  const machine = detectedMachine(evidence);
  if (machine !== undefined && machine.name !== 'xen' && !containerManagers.test(machine.name)) {
    lines.push(`${machine.label} says ${quoted(machine.name)}, not "xen".`);
  }
  const firmware = dmiOf(evidence);
  if (firmware.line !== undefined && (base === 'PV' || !firmware.isXen)) {
    const own = base === 'HVM' ? 'Xen calls an HVM guest "HVM domU"' : `a ${base} guest has no such firmware`;
    lines.push(`${firmware.line} But ${own}; dom0 sees that of its machine, and a host can set names.`);
  }
  const words = virtWhat(evidence);
  if (words.some((word) => namedMode(word) !== undefined) && !words.some((word) => word.startsWith('xen'))) {
    lines.push(`virt-what says ${quoted(words.join(' '))}, not "xen".`);
  }
  const vendor = lscpuField(evidence, 'Hypervisor vendor');
  if (vendor !== undefined && vendor !== 'Xen' && namedMode(vendor) !== undefined) {
    lines.push(`lscpu says ${quoted(`Hypervisor vendor: ${vendor}`)}, not Xen.`);
  }
  const { booted, detected } = bootLines(evidence);
  for (const found of [detected, booted]) {
    if (found !== undefined && namedMode(found.name) !== undefined)
      lines.push(`The kernel printed ${quoted(found.line)}.`);
  }
  return lines;
}

/** Only tools name Xen, while the kernel or the firmware names another hypervisor: then it is that one. */
export function isXenOutvoted(evidence: Evidence): boolean {
  const signs = allXenSigns(evidence);
  return signs.every(({ strength }) => strength === 'weak') && namedElsewhere(evidence);
}
