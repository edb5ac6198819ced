import type { Evidence, ModeVerdict } from '../model/guest';
import { architecture, architectureFamily } from './architecture';
import { againstXen, isXenOutvoted } from './conflicts';
import { containerVerdict } from './container';
import { elsewhere } from './elsewhere';
import { kernelLog, quoted } from './evidenceText';
import { hvmVerdict } from './hvm';
import { dom0Verdict, xenBase, type BaseVerdict } from './xen';
import { dmiOf, xenSigns } from './xenSigns';

/**
 * How a guest is virtualized, from what it shows inside (docs/ARCHITECTURE.md). Pure; a label that is absent could
 * not be read. `because` always says why, and what to run where the evidence falls short.
 *
 * A container on a Xen guest is `container`: its results carry the container's cost as well, so they must not pass
 * for the mode's. What the machine around it is stands in `because`.
 */
export function detectMode(evidence: Evidence): ModeVerdict {
  const machine = machineMode(evidence);
  const container = containerVerdict(evidence);
  if (container === undefined) return machine;
  const around =
    machine.mode === 'unknown'
      ? ['What the machine around the container is could not be told.']
      : [`The machine around the container is ${machine.mode} (${machine.confidence}).`, ...machine.because];
  return { mode: 'container', confidence: container.confidence, because: [...container.because, ...around] };
}

function machineMode(evidence: Evidence): ModeVerdict {
  const signs = xenSigns(evidence);
  const base = xenBase(evidence);
  const dom0 = dom0Verdict(evidence, base);
  if (dom0 !== undefined) return dom0;
  if (signs.length > 0 && isXenOutvoted(evidence)) return instead(signs, evidence);
  if (signs.length > 0 && architectureFamily(evidence) === 'other') return foreign(signs, evidence);
  if (base !== undefined) return weighed(evidence, base);
  if (signs.length > 0) {
    return {
      mode: 'unknown',
      confidence: 'unknown',
      because: [...signs, 'So it is Xen, but nothing tells which mode.', ...whatToRun(evidence)],
    };
  }
  return elsewhere(evidence) ?? unknown(evidence);
}

/** The verdict on a Xen guest; what speaks against it is told, and makes it less certain. */
function weighed(evidence: Evidence, base: BaseVerdict): ModeVerdict {
  const verdict: ModeVerdict =
    base.base === 'HVM'
      ? hvmVerdict(evidence, base)
      : {
          mode: base.base,
          confidence: base.confidence,
          because: [...base.because, ...limits(base.base)],
        };
  const against = againstXen(evidence, base.base);
  if (against.length === 0) return verdict;
  return {
    ...verdict,
    confidence: 'likely',
    because: [
      ...verdict.because,
      ...against.map((line) => `Against it: ${line}`),
      'What the kernel says of Xen counts more than that. To be sure that it is not dom0, run: cat /proc/xen/capabilities',
    ],
  };
}

/** Only tools name Xen; the kernel or the firmware names another. */
function instead(signs: readonly string[], evidence: Evidence): ModeVerdict {
  const verdict = elsewhere(evidence) ?? unknown(evidence);
  if (verdict.confidence === 'unknown') return verdict;
  return {
    ...verdict,
    confidence: 'likely',
    because: [...verdict.because, ...signs.map((line) => `Against it: ${line}`)],
  };
}

/** Xen on a machine for which it has no such modes. */
function foreign(signs: readonly string[], evidence: Evidence): ModeVerdict {
  const machine = quoted(architecture(evidence) ?? 'not x86');
  return {
    mode: 'other',
    confidence: 'likely',
    because: [
      ...signs,
      `The machine is ${machine}: PV, HVM, PVHVM and PVH are modes of x86 and ARM, so none of them fits.`,
    ],
  };
}

/** pv-shim: from inside, a PV guest in a PVH container is a PV guest. */
function limits(base: 'PV' | 'PVH'): readonly string[] {
  return base === 'PV'
    ? ['From inside, PV in a PVH container (pv-shim) looks the same; the host\'s record tells ("pv_in_pvh").']
    : [];
}

function unknown(evidence: Evidence): ModeVerdict {
  const seen = [...evidence.keys()].slice(0, 6);
  return {
    mode: 'unknown',
    confidence: 'unknown',
    because: [
      seen.length === 0
        ? 'Nothing could be read.'
        : `What could be read does not tell: ${quoted(seen.join(', ') + (evidence.size > seen.length ? ', …' : ''))}.`,
      ...whatToRun(evidence),
    ],
  };
}

function whatToRun(evidence: Evidence): readonly string[] {
  const { lines, label } = kernelLog(evidence);
  const booted = lines.some((line) => line.includes('Booting'));
  return [
    'Run: cat /sys/hypervisor/guest_type (any user; kernel 4.13 or later)',
    ...(lines.length === 0
      ? [
          'Run as root, since most systems let only root read it: dmesg | grep -E "Booting|Hypervisor detected|unplug"',
        ]
      : booted
        ? []
        : [`${label} no longer holds the lines of the boot; after a reboot it does.`]),
    ...(dmiOf(evidence).present
      ? []
      : ['Run: cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name']),
    'Run: systemd-detect-virt, or as root: virt-what',
  ];
}
