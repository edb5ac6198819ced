import type { Experiment } from '../model/experiment';
import type { Facts } from '../model/guest';
import type { ComparabilityCheck, ReportGuest, Weight } from './shape';

/** One guest of a side with what is known of it. */
export interface Subject {
  readonly guest: ReportGuest;
  readonly experiment: Experiment;
  /** Of the start of the experiment. */
  readonly facts: Facts | undefined;
}

/** What is compared with another: one guest, or all guests of a mode. */
export interface Side {
  /** A guest's key, or a mode. */
  readonly key: string;
  /** In sentences about results: "PV", or "PV (3 guests)". */
  readonly label: string;
  /** In sentences about what it is: "PV". */
  readonly name: string;
  readonly subjects: readonly Subject[];
}

/** A check that found nothing. */
export const passed = (id: string, title: string, seen: string): ComparabilityCheck => ({
  ...{ id, title, seen },
  outcome: 'passed',
});

/** A check that could not be made. */
export const unknown = (id: string, title: string, seen: string): ComparabilityCheck => ({
  ...{ id, title, seen },
  outcome: 'unknown',
});

/** A check that found something; `phrase` is for the headline. */
export function found(
  about: { readonly id: string; readonly title: string; readonly phrase?: string },
  weight: Weight,
  seen: string,
  advice: string,
): ComparabilityCheck {
  return { ...about, outcome: 'found', weight, seen, advice };
}
