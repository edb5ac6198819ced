import * as vscode from 'vscode';

/** "about 4 min", coarse on purpose: an estimate should not look exact. */
export function aboutDuration(seconds: number): string {
  if (seconds < 50) return vscode.l10n.t('about {0} s', Math.max(5, Math.ceil(seconds / 5) * 5));
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 100) return vscode.l10n.t('about {0} min', minutes);
  return vscode.l10n.t('about {0} h', (minutes / 60).toFixed(1));
}

/** "12 min": how long something has lasted. */
export function roughDuration(seconds: number): string {
  if (seconds < 60) return vscode.l10n.t('{0} s', Math.round(seconds));
  if (seconds < 100 * 60) return vscode.l10n.t('{0} min', Math.round(seconds / 60));
  if (seconds < 48 * 3600) return vscode.l10n.t('{0} h', (seconds / 3600).toFixed(1));
  return vscode.l10n.t('{0} days', Math.round(seconds / 86_400));
}
