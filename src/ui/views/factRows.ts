import * as vscode from 'vscode';
import type { Facts } from '../../model/guest';
import { listTooltip } from '../visible/places';

/** A guest's facts as rows of label and value, for the tree and its tooltip. */
export function factRows(facts: Facts): { readonly label: string; readonly value: string }[] {
  const rows: [string, string | undefined][] = [
    [vscode.l10n.t('Mode'), facts.mode.because[0] ?? facts.mode.mode],
    [vscode.l10n.t('Kernel'), facts.kernel],
    [vscode.l10n.t('Distribution'), facts.distribution],
    [vscode.l10n.t('CPU'), cpuText(facts)],
    [vscode.l10n.t('Memory'), facts.memoryBytes === undefined ? undefined : gibText(facts.memoryBytes)],
    [vscode.l10n.t('Hypervisor'), [facts.hypervisor, facts.hypervisorVersion].filter(Boolean).join(' ')],
    [vscode.l10n.t('Clock source'), facts.clockSource],
    [vscode.l10n.t('Root disk'), [facts.rootDisk, facts.rootFilesystem].filter(Boolean).join(', ')],
    [vscode.l10n.t('Drivers'), [facts.diskDriver, facts.networkDriver].filter(Boolean).join(', ')],
    [vscode.l10n.t('Load'), facts.load?.map((load) => load.toFixed(2)).join(' ')],
    [vscode.l10n.t('Mitigations'), mitigationsText(facts)],
  ];
  return rows.flatMap(([label, value]) => (value ? [{ label, value }] : []));
}

export function factsTooltip(name: string, facts: Facts): vscode.MarkdownString {
  return listTooltip(name, facts.mode.because);
}

function cpuText(facts: Facts): string | undefined {
  const count =
    facts.vcpus === undefined
      ? undefined
      : facts.vcpus === 1
        ? vscode.l10n.t('1 vCPU')
        : vscode.l10n.t('{0} vCPUs', facts.vcpus);
  return [count, facts.cpuModel].filter(Boolean).join(', ');
}

function gibText(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

function mitigationsText(facts: Facts): string | undefined {
  const all = Object.entries(facts.mitigations);
  if (all.length === 0) return undefined;
  const vulnerable = all.filter(([, text]) => text.startsWith('Vulnerable')).map(([name]) => name);
  return vulnerable.length === 0
    ? vscode.l10n.t('none vulnerable of {0}', all.length)
    : vscode.l10n.t('vulnerable: {0}', vulnerable.join(', '));
}
