// The seam of this room: what other rooms call. The parts live in their own files.
export {
  compare,
  estimate,
  maxAnystopBlocks,
  minBlocks,
  type Block,
  type ComparisonFailure,
  type ComparisonInput,
  type ComparisonInsufficient,
  type ComparisonOk,
  type ComparisonResult,
  type Decision,
  type Estimated,
  type Leaning,
  type PlanKind,
  type ShownOk,
  type ShownResult,
  type Verdict,
} from './comparison';
export {
  compareFamily,
  familyOf,
  type FamilyComparison,
  type FamilyInput,
  type FamilyOk,
  type FamilyResult,
  type Summary,
} from './family';
export {
  compareReplicates,
  guestLocation,
  type HostGroups,
  type HostResult,
  type ReplicateInput,
  type ReplicateResult,
} from './replicates';
export { stopRule, type StopAdvice, type StopInput, type StopResult } from './stop';
