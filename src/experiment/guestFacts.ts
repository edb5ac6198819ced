import type { EventOf, ExperimentEvent, FactsRecord } from '../model/experiment';
import type { Evidence } from '../model/guest';
import { UserError } from '../model/userError';
import { probeGuest } from '../probe/probe';
import type { Connection } from '../ssh/transport';

export interface GuestFactsOptions {
  readonly append: (event: ExperimentEvent) => Promise<void>;
  readonly onEvidence: (guest: string, evidence: Evidence) => void;
  readonly onNotice: (text: string) => void;
}

/** Asks the guests of an experiment what they are, and writes it down. */
export class GuestFacts {
  /** Ids of the machines that an experiment that goes on began with. */
  private readonly machines = new Map<string, string | undefined>();

  constructor(private readonly options: GuestFactsOptions) {}

  /** Goes on where an experiment was interrupted. */
  remember(records: readonly FactsRecord[]): void {
    for (const { guest, when, facts } of records)
      if (when === 'start') this.machines.set(guest, facts.machineId);
  }

  /**
   * A guest that cannot be reached is said so, and nothing is written.
   * @throws UserError when it is another machine than at the beginning.
   */
  async record(
    guest: string,
    when: EventOf<'facts'>['when'],
    connecting: Promise<Connection>,
    signal: AbortSignal,
  ): Promise<void> {
    const { append, onEvidence, onNotice } = this.options;
    const probe = await connecting
      .then((connection) => probeGuest(connection, signal))
      .catch((error: unknown) => {
        onNotice(`${guest}: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      });
    if (!probe) return;
    this.refuseOtherMachine(guest, probe.facts.machineId);
    onEvidence(guest, probe.evidence);
    const evidence = Object.fromEntries(probe.evidence);
    await append({ at: new Date().toISOString(), type: 'facts', guest, when, evidence, facts: probe.facts });
  }

  private refuseOtherMachine(guest: string, machineId: string | undefined): void {
    const began = this.machines.get(guest);
    if (began === undefined || machineId === undefined || machineId === began) return;
    throw new UserError(
      `${guest} is another machine now than the one this experiment began with (its machine id changed), so the ` +
        'experiment cannot go on. Start a new one, or give the new machine a name of its own.',
    );
  }
}
