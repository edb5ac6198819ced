import type { EventOf, Experiment, ExperimentEvent, FactsRecord, Plan } from '../model/experiment';
import type { Facts } from '../model/guest';
import { othersLimitPercent, stealLimitPercent } from '../model/load';

type TrialEndEvent = EventOf<'trial-finished'> | EventOf<'trial-failed'>;

/** What an experiment that goes on knows of its guests. */
type Known = Pick<Experiment, 'facts'>;

/** What must not change while an experiment runs. */
const lasting: readonly { readonly what: string; readonly of: (facts: Facts) => string | undefined }[] = [
  { what: 'kernel', of: ({ kernel }) => kernel },
  { what: 'mode', of: ({ mode }) => (mode.mode === 'unknown' ? undefined : mode.mode) },
  { what: 'clock source', of: ({ clockSource }) => clockSource },
];

/** Hears the events of an experiment and says at once what the results suffer from; the report says it again. */
export class Disturbances {
  private readonly guestOf: ReadonlyMap<string, string>;
  private readonly facts = new Map<string, Facts>();
  /** What was said of a guest in a round is not said again in it. */
  private readonly said = new Set<string>();
  private readonly roundOf: ReadonlyMap<string, number>;

  constructor({ trials }: Plan) {
    this.guestOf = new Map(trials.map(({ id, guest }) => [id, guest]));
    this.roundOf = new Map(trials.map(({ id, round }) => [id, round]));
  }

  /** Goes on where an experiment was interrupted. */
  remember({ facts }: Known): void {
    for (const record of facts) this.facts.set(record.guest, record.facts);
  }

  /** Sentences for people; mostly none. */
  hear(event: ExperimentEvent): readonly string[] {
    if (event.type === 'facts') return this.changes(event);
    if (event.type === 'trial-finished' || event.type === 'trial-failed') return this.interference(event);
    return [];
  }

  private changes({ guest, when, facts }: Omit<FactsRecord, 'at'>): readonly string[] {
    const before = this.facts.get(guest);
    this.facts.set(guest, facts);
    if (before === undefined) return [];
    const sentences = lasting.flatMap(({ what, of }) => {
      const [was, is] = [of(before), of(facts)];
      if (was === undefined || is === undefined || was === is) return [];
      return [
        `${guest} has another ${what} than before (${was}, now ${is}): what was measured before and after is not alike.`,
      ];
    });
    const { bootId } = facts;
    const isOtherBoot = bootId !== undefined && before.bootId !== undefined && bootId !== before.bootId;
    // Where we rebooted it, it was meant to be another one.
    if (isOtherBoot && when !== 'reboot')
      sentences.push(`${guest} was rebooted meanwhile: what was measured before and after is not alike.`);
    return sentences;
  }

  private interference({ trial, cpu, hostLoad }: TrialEndEvent): readonly string[] {
    const guest = this.guestOf.get(trial) ?? trial;
    const sentences: string[] = [];
    if (cpu !== undefined && cpu.stealPercent > stealLimitPercent && this.isNews(trial, 'steal')) {
      sentences.push(
        `${cpu.stealPercent.toFixed(1)} % of the CPU time of ${guest} went to others on its host in this trial (steal).`,
      );
    }
    const others = hostLoad === undefined ? 0 : mean(hostLoad.othersPercent);
    if (hostLoad !== undefined && others > othersLimitPercent && this.isNews(trial, 'others')) {
      sentences.push(
        `Other domains on ${hostLoad.host} used ${others.toFixed(0)} % of a CPU during this trial of ${guest}.`,
      );
    }
    return sentences;
  }

  private isNews(trial: string, what: string): boolean {
    const key = [this.guestOf.get(trial), this.roundOf.get(trial), what].join('\n');
    if (this.said.has(key)) return false;
    this.said.add(key);
    return true;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
