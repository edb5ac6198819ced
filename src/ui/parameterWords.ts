import * as vscode from 'vscode';
import type { Field, Value } from '../benchmarks/parameterFields';
import type { Parameters } from '../model/lab';

/** A value as it is shown, with its unit. */
export function shown({ type, unit }: Field, value: Value | undefined): string {
  if (value === undefined || value === '') return vscode.l10n.t('not given');
  if (Array.isArray(value)) return value.length === 0 ? vscode.l10n.t('none chosen') : value.join(', ');
  return type.kind === 'number' && unit !== undefined ? `${String(value)} ${unit}` : String(value);
}

/** "2 to 3600 s, a multiple of 10", or nothing for what has no bounds. */
function range({ type, unit }: Field): string {
  if (type.kind !== 'number' || type.least === undefined || type.most === undefined) return '';
  const text = vscode.l10n.t('{0} to {1}', type.least, type.most);
  const withUnit = unit === undefined ? text : `${text} ${unit}`;
  return type.step === undefined || type.step === 1
    ? withUnit
    : vscode.l10n.t('{0}, a multiple of {1}', withUnit, type.step);
}

/** What a parameter is and what it can be. */
export function explained(field: Field): string {
  const bounds = range(field);
  return bounds === '' ? field.description : `${field.description} ${bounds}.`;
}

/** The same, with what it is by default. */
export function explainedWithDefault(field: Field): string {
  return vscode.l10n.t('{0} Default: {1}.', explained(field), shown(field, field.preset));
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The parameters that are not what they are by default: what need be written down. */
export function changed(fields: readonly Field[], parameters: Parameters): Parameters {
  return Object.fromEntries(
    fields.flatMap(({ name, preset }) => {
      const value = parameters[name];
      return value === undefined || sameValue(value, preset) ? [] : [[name, value]];
    }),
  );
}

/** "seconds 2 s · sizeMiB 64 MiB", or what is said when nothing is changed. */
export function summary(fields: readonly Field[], parameters: Parameters): string {
  const own = changed(fields, parameters);
  const parts = fields
    .filter(({ name }) => name in own)
    .map((field) => `${field.name} ${shown(field, own[field.name])}`);
  return parts.length === 0 ? vscode.l10n.t('all defaults') : parts.join(' · ');
}
