import * as vscode from 'vscode';
import { installPlan, type InstallPlan } from '../benchmarks/installPlan';
import { surveyGuest, type PlannedBenchmark } from '../experiment/prepare';
import { Disposable } from '../model/disposable';
import {
  installable,
  isAllReady,
  lackLines,
  preparationModel,
  remainder,
  type GuestAnswer,
  type PreparationInput,
  type Remainder,
} from '../report/preparation';
import type { PreparationModel } from '../report/preparationShape';
import type { GuestService, Lack } from './guestService';
import { messageOf } from './log';

/** What may be installed on one guest. */
export interface Installable {
  readonly name: string;
  readonly user: string;
  readonly plan: InstallPlan;
}

/** Which benchmarks can run on which guests: asked, kept and told whenever an answer arrives. */
export class Preparation extends Disposable {
  private readonly changed = this.register(new vscode.EventEmitter<void>());
  readonly onDidChange = this.changed.event;
  private readonly answers = new Map<string, GuestAnswer>();
  private readonly troubles = new Map<string, string>();
  private readonly activities = new Map<string, string>();
  private busy: PreparationInput['busy'] = 'no';

  constructor(
    private readonly guests: GuestService,
    private readonly names: readonly string[],
    private readonly planned: readonly PlannedBenchmark[],
    private readonly purpose: PreparationInput['purpose'],
  ) {
    super();
  }

  get isBusy(): boolean {
    return this.busy !== 'no';
  }

  get isAllReady(): boolean {
    return isAllReady(this.input());
  }

  get model(): PreparationModel {
    return preparationModel(this.input());
  }

  /** For messages: one line for each guest that is not ready. */
  get lackLines(): readonly string[] {
    return lackLines(this.input());
  }

  get installable(): readonly Installable[] {
    return installable(this.input().guests).map(({ guest, plan, user }) => ({
      name: guest.name,
      plan,
      user,
    }));
  }

  remainder(without: 'guests' | 'benchmarks'): Remainder | undefined {
    return remainder(this.input(), without);
  }

  /** Asks the guests named, or all, side by side. What fails is an answer. */
  async check(names: readonly string[] = this.names): Promise<void> {
    await this.during('checking', async () => {
      for (const name of names) this.troubles.delete(name);
      await Promise.all(names.map((name) => this.checkOne(name)));
    });
  }

  /** Asks one guest; gives the plan for what it lacks, undefined when no package is missing or it cannot be reached. */
  async checkOne(name: string): Promise<InstallPlan | undefined> {
    this.answers.set(name, { state: 'checking' });
    this.changed.fire();
    const answer = await this.ask(name);
    this.answers.set(name, answer);
    this.changed.fire();
    return answer.state === 'answered' ? answer.plan : undefined;
  }

  /** Marks everything as busy while `work` goes on. */
  async during<T>(busy: 'checking' | 'installing', work: () => Promise<T>): Promise<T> {
    const before = this.busy;
    this.busy = busy;
    this.changed.fire();
    try {
      return await work();
    } finally {
      this.busy = before;
      this.changed.fire();
    }
  }

  /** What is done on a guest now; an empty text: nothing any more. */
  noteActivity(name: string, text: string): void {
    this.activities.set(name, text);
    this.changed.fire();
  }

  /** Why the last installation on a guest did not succeed. */
  noteTrouble(name: string, text: string): void {
    this.troubles.set(name, text);
    this.changed.fire();
  }

  private async ask(name: string): Promise<GuestAnswer> {
    try {
      const { checks, system } = await surveyGuest(await this.guests.connect(name, 'ask'), this.planned);
      const lacks = this.planned.flatMap(({ benchmark }): Lack[] => {
        const check = checks.get(benchmark.id);
        return check && check.state !== 'ready'
          ? [{ benchmark: benchmark.id, title: benchmark.title, check }]
          : [];
      });
      this.guests.setLacks(name, lacks);
      const plan = system && installPlan(system, checks.values());
      return { state: 'answered', checks, plan, user: system?.user ?? '' };
    } catch (error) {
      return { state: 'unreachable', reason: messageOf(error) };
    }
  }

  private input(): PreparationInput {
    return {
      purpose: this.purpose,
      busy: this.busy,
      benchmarks: this.planned.map(({ benchmark: { id, title } }) => ({ id, title })),
      guests: this.names.map((name) => ({
        name,
        answer: this.answers.get(name) ?? { state: 'checking' },
        trouble: this.troubles.get(name) ?? '',
        activity: this.activities.get(name) ?? '',
      })),
    };
  }
}
