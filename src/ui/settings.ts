import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { showWarningMessage } from './visible/messages';

const schema = {
  labFile: z.string(),
  resultsFolder: z.string(),
  groupGuestsBy: z.enum(['host', 'mode', 'nothing']),
  refreshSeconds: z.int().check(z.minimum(0), z.maximum(86_400)),
  connectTimeoutSeconds: z.int().check(z.minimum(2), z.maximum(600)),
  sources: z.record(z.string(), z.string()),
  quietSeconds: z.int().check(z.minimum(0), z.maximum(3600)),
  resume: z.enum(['ask', 'automatically', 'manually']),
  equivalenceMargin: z.number().check(z.minimum(0.001), z.maximum(0.5)),
};

export type SettingName = keyof typeof schema;
export type SettingValue<N extends SettingName> = z.infer<(typeof schema)[N]>;

const warned = new Set<string>();

/** The value of a setting; one that does not fit warns once and the default is taken. */
export function setting<N extends SettingName>(name: N): SettingValue<N> {
  const configuration = vscode.workspace.getConfiguration('guestbench');
  const value: unknown = configuration.get(name);
  const read = schema[name].safeParse(value);
  if (read.success) return read.data as SettingValue<N>;
  const key = `${name}=${JSON.stringify(value)}`;
  if (!warned.has(key)) {
    warned.add(key);
    const problem = read.error.issues[0]?.message ?? vscode.l10n.t('not valid');
    void showWarningMessage(
      vscode.l10n.t('Setting guestbench.{0} is not valid ({1}); its default is used.', name, problem),
    );
  }
  return configuration.inspect(name)?.defaultValue as SettingValue<N>;
}
