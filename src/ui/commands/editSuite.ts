import * as vscode from 'vscode';
import { UserError } from '../../model/userError';
import { entriesOf } from '../askLengths';
import { stringsOf } from '../commandArguments';
import { editParameters, suiteEntries } from '../parameterEditor';
import { back, pickOne } from '../quickInput';
import { allSuites } from '../runQuestions';
import type { Services } from '../services';

/** Edits the parameters of a suite. One that comes with the extension becomes one of the lab file, which wins. */
export async function editSuite(services: Services, ...args: readonly unknown[]): Promise<void> {
  await services.lab.open();
  for (;;) {
    const given = stringsOf(args[0], 'suite')?.[0];
    const name = given ?? (await askSuite(services));
    const suite = allSuites(services.lab.lab).find(({ id }) => id === name);
    if (suite === undefined) throw new UserError(vscode.l10n.t('There is no suite "{0}".', name));
    const edited = await editParameters(services, entriesOf(services, suite.benchmarks), {
      title: (about) => vscode.l10n.t('Edit Suite: {0}', about),
      finish: vscode.l10n.t('Save "{0}" in the Lab File', name),
      suite: name,
    });
    if (edited === back && given === undefined) continue;
    if (edited === back) return;
    await services.lab.setSuite(name, suiteEntries(edited));
    return;
  }
}

async function askSuite(services: Services): Promise<string> {
  const picked = await pickOne({
    title: vscode.l10n.t('Edit Suite'),
    prompt: vscode.l10n.t('Choose a suite; one that comes with Guestbench is copied into the lab file'),
    items: allSuites(services.lab.lab).map(({ id, title, description }) => ({
      id,
      label: title,
      description: id === title ? '' : id,
      detail: description,
    })),
  });
  if (picked === back) throw new vscode.CancellationError();
  return picked.id;
}
