import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { valueOf } from '../commandArguments';
import type { Services } from '../services';
import { showQuickPick } from '../visible/questions';

/** Files of media/samples, without their ending. */
const samples = ['reference-lab-2013', 'reference-lab-2016', 'xen-4.17-emulated'] as const;
type Sample = (typeof samples)[number];

/** Opens a report that comes with Guestbench. `{ sample }` skips the question. Returns the file. */
export async function openSampleReport(services: Services, ...args: readonly unknown[]): Promise<string> {
  const sample = sampleFrom(valueOf(args[0], 'sample')) ?? (await askSample());
  const uri = vscode.Uri.joinPath(services.extensionUri, 'media', 'samples', `${sample}.guestbench`);
  await vscode.commands.executeCommand('vscode.openWith', uri, 'guestbench.report');
  return uri.fsPath;
}

function sampleFrom(value: unknown): Sample | undefined {
  if (value === undefined) return undefined;
  const sample = samples.find((one) => one === value);
  if (sample !== undefined) return sample;
  throw new UserError(vscode.l10n.t('The sample must be one of {0}.', samples.join(', ')));
}

async function askSample(): Promise<Sample> {
  const items: (vscode.QuickPickItem & { sample: Sample })[] = [
    {
      sample: 'xen-4.17-emulated',
      label: vscode.l10n.t('PV and PVHVM on Xen 4.17'),
      detail: vscode.l10n.t('Real Xen guests on an emulated host, with every trial and its output'),
    },
    {
      sample: 'reference-lab-2013',
      label: vscode.l10n.t('Reference lab 2013'),
      detail: vscode.l10n.t('PVHVM over PV on XenServer 6.2: published figures, no raw data, no interval'),
    },
    {
      sample: 'reference-lab-2016',
      label: vscode.l10n.t('Reference lab 2016'),
      detail: vscode.l10n.t('Its sequel: published figures, no raw data, no interval'),
    },
  ];
  const picked = await showQuickPick(items, {
    title: vscode.l10n.t('Open Sample Report'),
    ignoreFocusOut: true,
  });
  if (!picked) throw new vscode.CancellationError();
  return picked.sample;
}
