/**
 * What drives a device of an HVM guest. `pv`: Xen's paravirtual frontend. `emulated`: a device that QEMU makes.
 * `passed-through`: real hardware given to the guest. `either`: QEMU makes such a device, and there is hardware with the
 * same driver. `backend`: the other end of a guest's device, in dom0 or a driver domain.
 */
export type DriverKind = 'pv' | 'emulated' | 'either' | 'passed-through' | 'backend';

/** Identity of a PCI device, as far as it could be read: hexadecimal ids without `0x`, and what lspci calls it. */
export interface PciIdentity {
  readonly vendor: string | undefined;
  readonly device: string | undefined;
  readonly subsystemVendor: string | undefined;
  readonly subsystemDevice: string | undefined;
  readonly text: string | undefined;
  readonly driver: string | undefined;
}

/*
 * The lists name what QEMU makes, not what hardware there is: a driver on no list belongs to real hardware. QEMU's
 * models and their Linux drivers: hw/net and hw/scsi, hw/ide of its source; hardware as old as these models is not
 * passed through to a guest any more.
 */
const emulatedNics =
  /^(8139(cp|too)|rtl8139|rtl8029|e1000|e100|eepro100|ne2k[-_]pci|ne|ne2000|pcnet32|tulip|de2104x|sungem|sunhme|vmxnet3?)$/;
const eitherNics = /^(e1000e|igb|virtio([-_](net|pci))?|cdc_ether|rndis_host|cdc_subset)$/;
const emulatedDisks =
  /^(ata_piix|piix|ide[-_]disk|ide[-_]gd|ata_generic|pata_acpi|sym53c8xx(_2)?|ncr53c8xx|lsi\w*|mptspi|am53c974|esp\w*|dc395x|tmscsim|vmw_pvscsi|pvscsi)$/;
const eitherDisks =
  /^(ahci|nvme|virtio([-_](blk|scsi|pci))?|megaraid\w*|megasas|mptsas|usb-storage|uas|sdhci\w*|mmc\w*)$/;

export type DeviceClass = 'disk' | 'nic';

/** The kind that a driver's name tells, without a look at the device itself. */
export function kindByDriver(driver: string, of: DeviceClass): DriverKind {
  const [pv, emulated, either] =
    of === 'nic'
      ? [/^(vif|netfront|xen[-_]netfront)$/, emulatedNics, eitherNics]
      : [/^(vbd|blkfront|xen[-_]blkfront)$/, emulatedDisks, eitherDisks];
  if (pv.test(driver)) return 'pv';
  if (emulated.test(driver)) return 'emulated';
  return either.test(driver) ? 'either' : 'passed-through';
}

/** Red Hat's two vendor ids, which QEMU's own devices carry. */
const qemuVendors = /^1(af4|b36)$/;

/** Who made a PCI device that has this driver: its ids know better than the driver. Undefined: they do not tell. */
export function kindByPci(
  pci: PciIdentity | undefined,
  driver: string | undefined,
): 'emulated' | 'passed-through' | undefined {
  if (pci === undefined) return undefined;
  const { vendor, device, subsystemVendor, subsystemDevice, text = '' } = pci;
  if ([vendor, subsystemVendor].some((id) => id !== undefined && qemuVendors.test(id))) return 'emulated';
  if (/\bQEMU\b/i.test(text)) return 'emulated';
  const name = driver ?? pci.driver;
  if (name === 'e1000e') {
    // QEMU's is an 82574L, by default without a subsystem of its own.
    if (device === undefined ? text !== '' && !text.includes('82574') : device !== '10d3')
      return 'passed-through';
    if (subsystemVendor === undefined) return undefined;
    return subsystemVendor === '8086' && (subsystemDevice ?? '0000') === '0000'
      ? 'emulated'
      : 'passed-through';
  }
  if (name === 'igb') {
    // QEMU's is an 82576.
    return (device === undefined ? text === '' || text.includes('82576') : device === '10c9')
      ? undefined
      : 'passed-through';
  }
  if (name === 'nvme') {
    if (vendor === undefined || device === undefined) return undefined;
    return vendor === '8086' && device === '5845' ? 'emulated' : 'passed-through';
  }
  if (name === 'ahci' && subsystemVendor !== undefined) return 'passed-through';
  return undefined;
}

/** Ethernet cards that QEMU makes, by the words of lspci where no driver is told. */
export function nicByText(text: string): DriverKind {
  if (/82540EM|82544GC|82545EM|RTL-?81(29|39)|8139|RTL-?8029|79c97|8255[179]|vmxnet|\bQEMU\b/i.test(text))
    return 'emulated';
  return /82574|82576|virtio/i.test(text) ? 'either' : 'passed-through';
}

/** Whose disk a model's name tells: QEMU writes its own name there. Undefined: no name. */
export function kindByModel(model: string | undefined): 'emulated' | 'passed-through' | undefined {
  const name = model?.replace(/\bATA\b/g, '').trim() ?? '';
  if (name === '') return undefined;
  return /QEMU/i.test(name) ? 'emulated' : 'passed-through';
}
