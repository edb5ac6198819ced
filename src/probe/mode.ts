import type { Evidence, ModeVerdict } from '../model/guest';
import { containerVerdict } from './container';
import { elsewhere } from './elsewhere';
import { kernelLog, quoted } from './evidenceText';
import { hvmVerdict } from './hvm';
import { dom0Verdict, xenBase } from './xen';
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
  const base = xenBase(evidence);
  const dom0 = dom0Verdict(evidence, base);
  if (dom0 !== undefined) return dom0;
  if (base !== undefined) {
    if (base.base === 'HVM') return hvmVerdict(evidence, base);
    return { mode: base.base, confidence: base.confidence, because: [...base.because, ...limits(base.base)] };
  }
  const signs = xenSigns(evidence);
  if (signs.length > 0) {
    return {
      mode: 'unknown',
      confidence: 'unknown',
      because: [...signs, 'So it is Xen, but nothing tells which mode.', ...whatToRun(evidence)],
    };
  }
  return elsewhere(evidence) ?? unknown(evidence);
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
