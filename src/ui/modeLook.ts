import * as vscode from 'vscode';
import type { Mode } from '../model/guest';

interface Look {
  /** A shape of its own for each mode, so that colour is never alone. */
  readonly icon: string;
  readonly color: string;
}

const looks: Partial<Record<Mode, Look>> = {
  PV: { icon: 'circle-filled', color: 'guestbench.modePV' },
  PVHVM: { icon: 'debug-breakpoint-log', color: 'guestbench.modePVHVM' },
  PVH: { icon: 'triangle-up', color: 'guestbench.modePVH' },
  HVM: { icon: 'primitive-square', color: 'guestbench.modeHVM' },
  dom0: { icon: 'home', color: 'guestbench.modeOther' },
  unknown: { icon: 'question', color: 'guestbench.modeOther' },
};
const otherLook: Look = { icon: 'vm', color: 'guestbench.modeOther' };

export function modeIcon(mode: Mode): vscode.ThemeIcon {
  const look = looks[mode] ?? otherLook;
  return new vscode.ThemeIcon(look.icon, new vscode.ThemeColor(look.color));
}
