import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { UserError } from '../model/userError';
import type { ReportModel, ReportOptions } from '../report/shape';

const comparedBy = z.enum(['guest', 'mode']);
const choiceSchema = z.object({
  baseline: z.optional(z.string()),
  candidate: z.optional(z.string()),
  by: z.optional(comparedBy),
  follow: z.optional(z.object({ by: comparedBy, baseline: z.string(), candidate: z.string() })),
});

/** What a call says of what a report compares. */
export type ReportChoice = Pick<ReportOptions, 'by' | 'baseline' | 'candidate' | 'across'>;

/** From the options of a call. @throws UserError where they are none of a report. */
export function choiceFrom(options: unknown): ReportChoice {
  const read = choiceSchema.safeParse(typeof options === 'object' && options !== null ? options : {});
  if (!read.success)
    throw new UserError(
      vscode.l10n.t('What is compared must be given by names, and "by" must be guest or mode.'),
    );
  const { baseline, candidate, by, follow } = read.data;
  return {
    ...(baseline === undefined ? {} : { baseline }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(by === undefined ? {} : { by }),
    ...(follow === undefined ? {} : { across: follow }),
  };
}

/**
 * A report that cannot show what was asked for chooses by itself; here nobody would see that.
 * @throws UserError that names what there is.
 */
export function checkChoice(model: ReportModel, { by, baseline, candidate, across }: ReportChoice): void {
  const names = by === 'mode' ? model.modes.map(({ mode }) => mode) : model.guests.map(({ key }) => key);
  for (const role of ['baseline', 'candidate'] as const) {
    const key = { baseline, candidate }[role];
    if (key === undefined || (model[role] === key && model.by === (by ?? 'guest'))) continue;
    const known = names.join(', ');
    throw new UserError(
      by === 'mode'
        ? vscode.l10n.t('{0} is not among the modes that can be compared: {1}.', key, known)
        : vscode.l10n.t('{0} is not among the guests: {1}.', key, known),
    );
  }
  const followed = model.across?.chosen;
  const isFollowed =
    followed?.by === across?.by &&
    followed?.baseline === across?.baseline &&
    followed?.candidate === across?.candidate;
  if (across === undefined || isFollowed) return;
  throw new UserError(
    vscode.l10n.t(
      '{0} against {1} cannot be followed through these experiments.',
      across.candidate,
      across.baseline,
    ),
  );
}
