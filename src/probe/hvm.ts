import type { Evidence, Mode, ModeVerdict } from '../model/guest';
import { devicesOf, deviceLine, rootMount, type Device } from './devices';
import { kernelLog, quoted, textOf } from './evidenceText';
import type { BaseVerdict } from './xen';

/** `unseen`: no evidence; `mixed`: devices of both kinds, and no telling which one counts. */
type Use = 'pv' | 'other' | 'passed-through' | 'mixed' | 'unseen';

interface Finding {
  readonly use: Use;
  readonly because: readonly string[];
}

const listDrivers = 'run: ls -l /sys/block/*/device/driver /sys/class/net/*/device/driver';

/** PVHVM when disk and network both run on Xen's PV drivers; else HVM, naming the driver that is missing. */
export function hvmVerdict(evidence: Evidence, base: BaseVerdict): ModeVerdict {
  const disk = diskUse(evidence);
  const { nicsListed } = devicesOf(evidence);
  const nic = nicUse(evidence);
  const because = [...base.because, ...disk.because, ...nic.because];
  const hints = kernelHints(evidence);
  const verdict = (mode: Mode, sure: 'certain' | 'likely', ...more: readonly string[]): ModeVerdict => ({
    mode,
    confidence: sure === 'certain' ? base.confidence : 'likely',
    because: [...because, ...more, ...hints],
  });

  const { use: d } = disk;
  const { use: n } = nic;
  const noDisk =
    'The PV disk driver (xen-blkfront) is missing or unused: the disk runs on an emulated controller. That alone can explain a difference in results.';
  const noNic =
    'The PV network driver (xen-netfront) is missing or unused: the network card is emulated. That alone can explain a difference in results.';

  if (d === 'mixed' || n === 'mixed') {
    const which = d === 'mixed' ? (n === 'mixed' ? 'disks and network cards' : 'disks') : 'network cards';
    return verdict(
      'HVM',
      'likely',
      `There are both PV and emulated ${which}: not everything runs on the PV drivers.`,
    );
  }
  if (d === 'pv') {
    if (n === 'pv') return verdict('PVHVM', 'certain');
    if (n === 'other') return verdict('HVM', 'certain', noNic);
    if (n === 'passed-through') {
      return verdict(
        'PVHVM',
        'likely',
        'Its network card is real hardware passed through, so no PV network driver is needed.',
      );
    }
    return verdict(
      'PVHVM',
      'likely',
      nicsListed ? 'It has no network card.' : `The network driver was not seen; ${listDrivers}`,
    );
  }
  if (d === 'other') {
    if (n === 'pv') return verdict('HVM', 'certain', noDisk);
    if (n === 'unseen' && !nicsListed)
      return verdict('HVM', 'likely', `The network driver was not seen; ${listDrivers}`);
    return verdict('HVM', 'certain', noDisk, ...(n === 'other' ? [noNic] : []));
  }
  if (n === 'pv') return verdict('PVHVM', 'likely', `The disk driver was not seen; ${listDrivers}`);
  if (n === 'other') return verdict('HVM', 'likely', noNic, `The disk driver was not seen; ${listDrivers}`);
  return fromKernelOnly(evidence, verdict);
}

/** Neither disk nor network card was seen. */
function fromKernelOnly(
  evidence: Evidence,
  verdict: (mode: Mode, sure: 'certain' | 'likely', ...more: readonly string[]) => ModeVerdict,
): ModeVerdict {
  const unseen = `The drivers in use were not seen; ${listDrivers}`;
  if (paravirtualizationOff(evidence) !== undefined) return verdict('HVM', 'likely', unseen);
  const { xenBus } = devicesOf(evidence);
  if (xenBus.some((name) => name.startsWith('vbd-')) && xenBus.some((name) => name.startsWith('vif-'))) {
    return verdict(
      'PVHVM',
      'likely',
      `The Xen bus offers a PV disk and a PV network card (${quoted(xenBus.join(' '))}).`,
      unseen,
    );
  }
  return verdict('HVM', 'likely', `${unseen}. With the PV drivers in use it would be PVHVM.`);
}

function diskUse(evidence: Evidence): Finding {
  const { disks: all, rootDisk } = devicesOf(evidence);
  let disks = all.filter((disk) => disk.kind !== 'backend');
  // An NVMe drive beside PV disks is passed through (AWS instance storage).
  if (disks.some((disk) => disk.kind === 'pv')) disks = disks.filter((disk) => !disk.name.startsWith('nvme'));
  const mounted = rootMount(evidence)?.device;
  const root = disks.filter((disk) => disk.name === rootDisk || `/dev/${disk.name}` === mounted);
  // The benchmarks' files lie on it, so the disk of / counts where it is known.
  const counted = root.length > 0 ? root : disks;
  if (counted.length === 0)
    return unplugged(evidence, 'unplug emulated disks', /\bblkfront: (xvd|sd|hd)[a-z]/, /QEMU HARDDISK/);
  return finding(counted, root.length > 0 ? 'The disk of /' : 'The disk');
}

function nicUse(evidence: Evidence): Finding {
  const nics = devicesOf(evidence).nics.filter((nic) => nic.kind !== 'backend');
  if (nics.length === 0) {
    return unplugged(
      evidence,
      'unplug emulated NICs',
      /netfront: backend supports/,
      /\b(e1000|8139cp|8139too)\b.*\beth\d/,
    );
  }
  return finding(nics, 'The network card');
}

function finding(devices: readonly Device[], subject: string): Finding {
  const kinds = new Set(devices.map((device) => device.kind));
  const use: Use =
    kinds.has('pv') && kinds.has('other')
      ? 'mixed'
      : kinds.has('pv')
        ? 'pv'
        : kinds.has('other')
          ? 'other'
          : 'passed-through';
  const because = devices.slice(0, 4).map((device) => {
    const runs =
      device.kind === 'pv'
        ? "runs on Xen's PV driver"
        : device.kind === 'other'
          ? 'does not run on a PV driver'
          : 'is passed through';
    return `${subject}${device.name === '' ? '' : ` ${device.name}`} ${runs}: ${deviceLine(device)}.`;
  });
  return { use, because };
}

/** Without the devices themselves: what the kernel said of them at boot. */
function unplugged(evidence: Evidence, message: string, pv: RegExp, emulated: RegExp): Finding {
  const { lines } = kernelLog(evidence);
  const unplug = lines.find((line) => line.includes(message));
  const front = lines.find((line) => pv.test(line));
  const other = lines.find((line) => emulated.test(line));
  const kept = /\bxen_emul_unplug=never\b/.test(commandLine(evidence) ?? '');
  if (unplug !== undefined && !kept) {
    return {
      use: 'pv',
      because: [`The kernel printed ${quoted(unplug)}: what is left runs on the PV driver.`],
    };
  }
  // Both messages come together: one alone means the other kind stayed.
  const sibling = lines.find((line) => /unplug emulated (NICs|disks)/.test(line));
  if (sibling !== undefined && unplug === undefined) {
    return { use: 'other', because: [`The kernel printed ${quoted(sibling)}, but not "${message}".`] };
  }
  if (other !== undefined)
    return { use: 'other', because: [`The kernel printed ${quoted(other)}: an emulated device.`] };
  if (front !== undefined) return { use: 'pv', because: [`The kernel printed ${quoted(front)}.`] };
  return { use: 'unseen', because: [] };
}

function commandLine(evidence: Evidence): string | undefined {
  return (
    textOf(evidence, '/proc/cmdline', 'cat /proc/cmdline') ??
    kernelLog(evidence).lines.find((line) => /[Cc]ommand line:/.test(line))
  );
}

/** Why the kernel cannot have PV drivers; undefined: nothing says so. */
function paravirtualizationOff(evidence: Evidence): string | undefined {
  const option = /(?:^|\s)(xen_nopv|nopv)(?=\s|$)/.exec(commandLine(evidence) ?? '')?.[1];
  if (option !== undefined)
    return `The kernel was started with "${option}", which keeps it from using Xen's interfaces.`;
  const magic = kernelLog(evidence).lines.find((line) =>
    /Xen Platform PCI: (unrecognised magic|blacklisted)/.test(line),
  );
  if (magic !== undefined) return `The kernel printed ${quoted(magic)}: the Xen platform device is off.`;
  return undefined;
}

function kernelHints(evidence: Evidence): readonly string[] {
  const off = paravirtualizationOff(evidence);
  const never = /\bxen_emul_unplug=\S+/.exec(commandLine(evidence) ?? '')?.[0];
  return [
    ...(off === undefined ? [] : [off]),
    ...(never === undefined
      ? []
      : [`The kernel was started with ${quoted(never)}, which governs which emulated devices stay.`]),
  ];
}
