import type { Evidence } from '../model/guest';
import type { PciIdentity } from './drivers';
import { linesOf, textOf } from './evidenceText';

/** A card that lspci lists. */
export interface PciCard {
  readonly slot: string;
  readonly line: string;
  readonly isNic: boolean;
  readonly identity: PciIdentity;
}

const ids = /\[([0-9a-f]{4}):([0-9a-f]{4})\]/gi;

/** What lspci lists, whatever options it had: one entry a slot, joined from all its calls. */
export function pciCards(evidence: Evidence): readonly PciCard[] {
  const known = cardsOf.get(evidence);
  if (known !== undefined) return known;
  const cards = readCards(evidence);
  cardsOf.set(evidence, cards);
  return cards;
}

/** Asked for each device of a guest, and read once. */
const cardsOf = new WeakMap<Evidence, readonly PciCard[]>();

function readCards(evidence: Evidence): readonly PciCard[] {
  const cards = new Map<string, PciCard>();
  for (const label of [...evidence.keys()].filter((key) => /^(\S*\/)?lspci\b/.test(key))) {
    let slot: string | undefined;
    for (const line of linesOf(evidence, label)) {
      const [, start = '', text = ''] = /^([0-9a-f]\S*)\s(.*)$/i.exec(line) ?? [];
      if (/[:.][0-9a-f]+$/i.test(start)) {
        slot = start.replace(/^0000:/, '');
        const [, vendor, device] = [...text.matchAll(ids)].at(-1) ?? [];
        const known = cards.get(slot);
        const identity: PciIdentity = {
          vendor: vendor?.toLowerCase() ?? known?.identity.vendor,
          device: device?.toLowerCase() ?? known?.identity.device,
          subsystemVendor: known?.identity.subsystemVendor,
          subsystemDevice: known?.identity.subsystemDevice,
          text: known?.identity.text ?? text,
          driver: known?.identity.driver,
        };
        const isNic = /(Ethernet|Network) controller/i.test(text);
        cards.set(slot, { slot, line: known?.line ?? line, isNic, identity });
        continue;
      }
      const card = slot === undefined ? undefined : cards.get(slot);
      if (card === undefined) continue;
      const [, driver] = /Kernel driver in use: (\S+)/.exec(line) ?? [];
      if (driver !== undefined) {
        const told = `${card.line}: ${line.trim()}`;
        cards.set(card.slot, { ...card, line: told, identity: { ...card.identity, driver } });
      }
      if (/^\s+Subsystem: /.test(line)) {
        const [, subsystemVendor, subsystemDevice] = [...line.matchAll(ids)].at(-1) ?? [];
        const text = `${card.identity.text ?? ''} (${line.trim()})`;
        const subsystem = {
          subsystemVendor: subsystemVendor?.toLowerCase() ?? card.identity.subsystemVendor,
          subsystemDevice: subsystemDevice?.toLowerCase() ?? card.identity.subsystemDevice,
        };
        cards.set(card.slot, { ...card, identity: { ...card.identity, ...subsystem, text } });
      }
    }
  }
  return [...cards.values()];
}

/** Identity of the PCI device in one of these folders of sysfs, or in the slot at the end of its path. */
export function pciIdentity(
  evidence: Evidence,
  folders: readonly string[],
  path: string | undefined,
): PciIdentity | undefined {
  const slot = [...(path ?? '').matchAll(/\/([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?=\/|$)/gi)].at(
    -1,
  )?.[1];
  const places = [...folders, ...(slot === undefined ? [] : [`/sys/bus/pci/devices/${slot}`])];
  const read = (file: string) =>
    /^0x([0-9a-f]{4})$/i
      .exec(textOf(evidence, ...places.map((folder) => `${folder}/${file}`)) ?? '')?.[1]
      ?.toLowerCase();
  const listed =
    slot === undefined
      ? undefined
      : pciCards(evidence).find((card) => card.slot === slot.replace(/^0000:/, ''))?.identity;
  const identity: PciIdentity = {
    vendor: read('vendor') ?? listed?.vendor,
    device: read('device') ?? listed?.device,
    subsystemVendor: read('subsystem_vendor') ?? listed?.subsystemVendor,
    subsystemDevice: read('subsystem_device') ?? listed?.subsystemDevice,
    text: listed?.text,
    driver: listed?.driver,
  };
  return Object.values(identity).some((value) => value !== undefined) ? identity : undefined;
}
