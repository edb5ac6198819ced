import type { Evidence, Mode, ModeVerdict } from '../model/guest';
import { devicesOf, deviceLine, rootMount, type Device } from './devices';
import { kernelLog, quoted, textOf } from './evidenceText';
import type { BaseVerdict } from './xen';

/** `unseen`: no evidence; `mixed`: devices of both kinds, and no telling which one counts. */
type Use = 'pv' | 'emulated' | 'either' | 'passed-through' | 'mixed' | 'unseen';

interface Finding {
  readonly use: Use;
  readonly sure: 'certain' | 'likely';
  readonly because: readonly string[];
}

const listDrivers = 'run: ls -l /sys/block/*/device/driver /sys/class/net/*/device/driver';
const unseenDisk = `The disk driver was not seen; ${listDrivers}`;
const unseenNic = `The network driver was not seen; ${listDrivers}`;
const noDisk =
  'The PV disk driver (xen-blkfront) is missing or unused: the disk runs on an emulated controller. That alone can explain a difference in results.';
const noNic =
  'The PV network driver (xen-netfront) is missing or unused: the network card is emulated. That alone can explain a difference in results.';
const realDisk = 'Its disk is real hardware passed through, so no PV disk driver is needed.';
const realNic = 'Its network card is real hardware passed through, so no PV network driver is needed.';

/**
 * PVHVM when neither disk nor network runs on an emulated device; else HVM, naming the PV driver that is missing. Real
 * hardware passed through needs no PV driver, and does not count against it.
 */
export function hvmVerdict(evidence: Evidence, base: BaseVerdict): ModeVerdict {
  const disk = diskUse(evidence);
  const { nicsListed } = devicesOf(evidence);
  const nic = nicUse(evidence);
  const because = [...base.because, ...disk.because, ...nic.because];
  const hints = kernelHints(evidence);
  const verdict: Verdict = (mode, sure, ...more) => ({
    mode,
    confidence: sure === 'certain' ? base.confidence : 'likely',
    because: [...because, ...more, ...hints],
  });

  const { use: d } = disk;
  const { use: n } = nic;
  if (d === 'mixed' || n === 'mixed') {
    const which = d === 'mixed' ? (n === 'mixed' ? 'disks and network cards' : 'disks') : 'network cards';
    return verdict(
      'HVM',
      'likely',
      `There are both PV and emulated ${which}: not everything runs on the PV drivers.`,
    );
  }
  const emulated = [...(d === 'emulated' ? [disk] : []), ...(n === 'emulated' ? [nic] : [])];
  if (emulated.length > 0) {
    const missing = [...(d === 'emulated' ? [noDisk] : []), ...(n === 'emulated' ? [noNic] : [])];
    if (d === 'unseen') return verdict('HVM', 'likely', ...missing, unseenDisk);
    if (n === 'unseen' && !nicsListed) return verdict('HVM', 'likely', ...missing, unseenNic);
    return verdict('HVM', emulated.some(({ sure }) => sure === 'certain') ? 'certain' : 'likely', ...missing);
  }
  if (d === 'either' || n === 'either') {
    const which = d === 'either' ? (n === 'either' ? 'disk and network card' : 'disk') : 'network card';
    return verdict(
      'HVM',
      'likely',
      `If the ${which} is real hardware passed through and not emulated, the guest is PVHVM. ${tellApart}`,
    );
  }
  return withoutEmulated(evidence, disk, nic, verdict);
}

const tellApart =
  'To be sure, run: cat /sys/block/*/device/model /sys/class/net/*/device/subsystem_vendor (QEMU, or 0x1af4, is emulated)';

type Verdict = (mode: Mode, sure: 'certain' | 'likely', ...more: readonly string[]) => ModeVerdict;

/** No emulated device is in use, as far as they were seen. */
function withoutEmulated(evidence: Evidence, disk: Finding, nic: Finding, verdict: Verdict): ModeVerdict {
  const { use: d } = disk;
  const { use: n } = nic;
  if (d === 'pv' && n === 'pv') {
    return verdict('PVHVM', disk.sure === 'certain' && nic.sure === 'certain' ? 'certain' : 'likely');
  }
  if (d === 'pv' && n === 'passed-through') return verdict('PVHVM', 'likely', realNic);
  if (d === 'pv') {
    const { nicsListed } = devicesOf(evidence);
    return verdict('PVHVM', 'likely', nicsListed ? 'It has no network card.' : unseenNic);
  }
  if (n === 'pv') return verdict('PVHVM', 'likely', d === 'passed-through' ? realDisk : unseenDisk);
  if (d === 'passed-through' && (n === 'passed-through' || devicesOf(evidence).nicsListed)) {
    const real = [realDisk, n === 'passed-through' ? realNic : 'It has no network card.'];
    if (paravirtualizationOff(evidence) !== undefined) {
      return verdict('HVM', 'likely', ...real, 'The kernel uses no interface of Xen.');
    }
    return verdict('PVHVM', 'likely', ...real, 'No emulated device is in use.');
  }
  return fromKernelOnly(evidence, verdict);
}

/** Neither disk nor network card was seen. */
function fromKernelOnly(evidence: Evidence, verdict: Verdict): ModeVerdict {
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
  const disks = all.filter((disk) => disk.kind !== 'backend');
  const mounted = rootMount(evidence)?.device;
  const root = disks.filter((disk) => disk.name === rootDisk || `/dev/${disk.name}` === mounted);
  // The benchmarks' files lie on it, so the disk of / counts where it is known.
  const counted = root.length > 0 ? root : disks;
  if (counted.length === 0)
    return unplugged(
      evidence,
      'unplug emulated disks',
      (line) => /\bblkfront: (xvd|sd|hd)[a-z]/.test(line),
      (line) => line.includes('QEMU HARDDISK'),
    );
  return finding(counted, root.length > 0 ? 'The disk of /' : 'The disk');
}

function nicUse(evidence: Evidence): Finding {
  const nics = devicesOf(evidence).nics.filter((nic) => nic.kind !== 'backend');
  if (nics.length === 0) {
    return unplugged(
      evidence,
      'unplug emulated NICs',
      (line) => line.includes('netfront: backend supports'),
      (line) => {
        const card = /\b(?:e1000|8139cp|8139too|ne2k-pci|pcnet32)\b/.exec(line);
        return card !== null && /\b(?:eth\d|en[sp]\w)/.test(line.slice(card.index + card[0].length));
      },
    );
  }
  const found = finding(nics, 'The network card');
  if (found.use !== 'either') return found;
  // Unplugging removes every emulated card from the bus; a card that is there all the same is real.
  const unplug = unplugLine(evidence, 'unplug emulated NICs');
  if (unplug === undefined) return found;
  const because = `The kernel printed ${quoted(unplug)}: a card that is left is real hardware.`;
  return { use: 'passed-through', sure: 'likely', because: [...found.because, because] };
}

function finding(devices: readonly Device[], subject: string): Finding {
  const of = (kind: Device['kind']) => devices.filter((device) => device.kind === kind);
  const [pv, emulated, either, real] = [of('pv'), of('emulated'), of('either'), of('passed-through')];
  const use: Use =
    pv.length > 0
      ? emulated.length > 0
        ? 'mixed'
        : 'pv'
      : emulated.length > 0
        ? 'emulated'
        : either.length > 0
          ? 'either'
          : 'passed-through';
  const isSure =
    use === 'pv'
      ? either.length === 0
      : use === 'emulated' && emulated.some(({ sure }) => sure === 'certain');
  const deciding = [...emulated, ...either, ...pv, ...real];
  const because = deciding.slice(0, 6).map((device) => {
    const named = `${subject}${device.name === '' ? '' : ` ${device.name}`}`;
    return `${named} ${runsOn(device, use)}: ${deviceLine(device)}.`;
  });
  return { use, sure: isSure ? 'certain' : 'likely', because };
}

function runsOn(device: Device, use: Use): string {
  switch (device.kind) {
    case 'pv':
      return "runs on Xen's PV driver";
    case 'emulated':
      return 'does not run on a PV driver but is emulated';
    case 'either':
      return use === 'pv'
        ? 'is emulated or real hardware; beside a PV device it is most likely passed through'
        : 'does not run on a PV driver; it is emulated, or real hardware passed through';
    case 'passed-through':
    case 'backend':
      return 'is real hardware, passed through';
  }
}

/** What the kernel said of removing the emulated devices, unless its command line forbade it. */
function unplugLine(evidence: Evidence, message: string): string | undefined {
  if (/\bxen_emul_unplug=never\b/.test(commandLine(evidence) ?? '')) return undefined;
  return kernelLog(evidence).lines.find((line) => line.includes(message));
}

/** Without the devices themselves: what the kernel said of them at boot. */
function unplugged(
  evidence: Evidence,
  message: string,
  isPv: (line: string) => boolean,
  isEmulated: (line: string) => boolean,
): Finding {
  const { lines } = kernelLog(evidence);
  const unplug = unplugLine(evidence, message);
  const front = lines.find(isPv);
  const other = lines.find(isEmulated);
  if (unplug !== undefined) {
    return {
      use: 'pv',
      sure: 'certain',
      because: [`The kernel printed ${quoted(unplug)}: what is left runs on the PV driver.`],
    };
  }
  // Both messages come together: one alone means the other kind stayed.
  const isUnplugged = lines.some((line) => line.includes(message));
  const sibling = lines.find((line) => /unplug emulated (NICs|disks)/.test(line));
  if (sibling !== undefined && !isUnplugged) {
    return {
      use: 'emulated',
      sure: 'certain',
      because: [`The kernel printed ${quoted(sibling)}, but not "${message}".`],
    };
  }
  if (other !== undefined)
    return {
      use: 'emulated',
      sure: 'certain',
      because: [`The kernel printed ${quoted(other)}: an emulated device.`],
    };
  if (front !== undefined)
    return { use: 'pv', sure: 'certain', because: [`The kernel printed ${quoted(front)}.`] };
  return { use: 'unseen', sure: 'likely', because: [] };
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
