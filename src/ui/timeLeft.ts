import * as vscode from 'vscode';
import type { TimeLeft } from '../experiment/estimate';

/** "40–70 min left", "at most 3 h left": coarse on purpose, outwards, so that it does not look exact. */
export function timeLeftText({ lowSeconds, highSeconds, kind }: TimeLeft): string {
  const { unitSeconds, step, words } = scaleOf(highSeconds);
  const high = Math.max(1, Math.ceil(highSeconds / unitSeconds / step)) * step;
  if (kind === 'at-most') return vscode.l10n.t('at most {0} left', words(shown(high)));
  const low = Math.floor(lowSeconds / unitSeconds / step) * step;
  if (low >= high) return vscode.l10n.t('{0} left', words(shown(high)));
  // "0–2 min" says no more than its end does.
  if (low <= 0) return vscode.l10n.t('less than {0} left', words(shown(high)));
  return vscode.l10n.t('{0} left', words(`${shown(low)}–${shown(high)}`));
}

interface Scale {
  readonly unitSeconds: number;
  /** Of the unit. */
  readonly step: number;
  readonly words: (figure: string) => string;
}

function scaleOf(seconds: number): Scale {
  if (seconds < 90) return { unitSeconds: 1, step: 10, words: (figure) => vscode.l10n.t('{0} s', figure) };
  const minutes = (figure: string): string => vscode.l10n.t('{0} min', figure);
  if (seconds < 20 * 60) return { unitSeconds: 60, step: 1, words: minutes };
  if (seconds < 100 * 60) return { unitSeconds: 60, step: 5, words: minutes };
  const step = seconds < 10 * 3600 ? 0.5 : 1;
  return { unitSeconds: 3600, step, words: (figure) => vscode.l10n.t('{0} h', figure) };
}

const shown = (figure: number): string => figure.toLocaleString(undefined, { maximumFractionDigits: 1 });
