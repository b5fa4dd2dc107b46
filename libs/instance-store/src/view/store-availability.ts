import { Clock, delay, oneLine, type Timestamp } from '@app/platform';
import { redisTrouble } from '@app/redis';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

/**
 * `suspect`: one answer came late. `degraded`: the store does not answer; reads are from memory, and money may be ended
 * but not begun. `recovering`: it answers again, and what happened meanwhile is being brought into it.
 */
export type StoreState = 'healthy' | 'suspect' | 'degraded' | 'recovering';

/** A step that has to be done when the store answers again, before the state is `healthy`. */
export interface RecoveryStep {
  /** Steps of `records` run first, so that replayed commands find the records that the store had lost. */
  readonly stage: 'records' | 'journal';
  readonly name: string;
  /**
   * Runs again, after a pause, until it succeeds or the store is away again. It may be interrupted, and may run twice.
   * @param signal aborted when the store is away again, or the process ends
   */
  run(signal: AbortSignal): Promise<void>;
}

/** So many late answers in a row mean that the store is away; one rejected command means it at once. */
const LATE_IN_A_ROW = 2;
/**
 * So many answers in a row mean that it is back, so that a store which comes and goes is not taken for well each time.
 */
const ANSWERS_IN_A_ROW = 3;
const STEP_RETRY_MS = 1_000;

export type StoreStateListener = (state: StoreState, before: StoreState) => void;

/** Whether this process can use the store; reads and commands report what they find. One for each process. */
@Injectable()
export class StoreAvailability implements OnApplicationShutdown {
  private readonly logger = new Logger('Store');
  private readonly listeners = new Set<StoreStateListener>();
  private readonly steps: RecoveryStep[] = [];
  private late = 0;
  private answers = 0;
  private present: StoreState = 'healthy';
  private presentSince: Timestamp;
  private lastAt: Timestamp;
  private lastCause: string | null = null;
  private recovery: AbortController | null = null;
  private recovering: Promise<void> = Promise.resolve();
  private hasEnded = false;

  constructor(private readonly clock: Clock) {
    this.lastAt = clock.timestamp();
    this.presentSince = this.lastAt;
  }

  get state(): StoreState {
    return this.present;
  }

  /** When the present state began. */
  get since(): Timestamp {
    return this.presentSince;
  }

  get isAway(): boolean {
    return this.present === 'degraded';
  }

  /** When the store answered last; before the first answer, when this process began. */
  get lastContact(): Timestamp {
    return this.lastAt;
  }

  /** Why the store could not be used last, in words that follow "Redis"; null while it is healthy. */
  get cause(): string | null {
    return this.present === 'healthy' ? null : this.lastCause;
  }

  /** @returns takes the listener away again */
  subscribe(listener: StoreStateListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  onRecovery(step: RecoveryStep): void {
    this.steps.push(step);
    this.steps.sort((a, b) => STAGES[a.stage] - STAGES[b.stage]);
  }

  answered(): void {
    this.lastAt = this.clock.timestamp();
    this.late = 0;
    this.answers++;
    if (this.present === 'suspect') this.become('healthy');
    if (this.present === 'degraded' && this.answers >= ANSWERS_IN_A_ROW) this.recover();
  }

  tookTooLong(): void {
    this.answers = 0;
    this.lastCause = 'answers too late';
    this.late++;
    if (this.late >= LATE_IN_A_ROW) this.become('degraded');
    else if (this.present === 'healthy') this.become('suspect');
  }

  /** @param error the error of the store, as far as it is known */
  refused(error?: unknown): void {
    this.answers = 0;
    const reason = error instanceof Error && error.cause !== undefined ? error.cause : error;
    this.lastCause = redisTrouble(reason)?.text ?? 'cannot be reached';
    this.become('degraded');
  }

  async onApplicationShutdown(): Promise<void> {
    this.hasEnded = true;
    this.recovery?.abort();
    await this.recovering;
  }

  private recover(): void {
    this.become('recovering');
    const recovery = new AbortController();
    this.recovery = recovery;
    this.recovering = this.recovering.then(() => this.runSteps(recovery.signal));
  }

  private async runSteps(signal: AbortSignal): Promise<void> {
    for (const step of this.steps) {
      while (!signal.aborted) {
        try {
          await step.run(signal);
          break;
        } catch (error) {
          if (signal.aborted) return;
          const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
          this.logger.warn(`${step.name} failed, and is tried again: ${reason}`);
          await delay(STEP_RETRY_MS, signal);
        }
      }
    }
    if (!signal.aborted) this.become('healthy');
  }

  private become(state: StoreState): void {
    const before = this.present;
    if (state === before || this.hasEnded) return;
    this.present = state;
    this.presentSince = this.clock.timestamp();
    this.answers = 0;
    if (state === 'degraded') this.recovery?.abort();
    for (const listener of Array.from(this.listeners)) listener(state, before);
  }
}

const STAGES: Readonly<Record<RecoveryStep['stage'], number>> = { records: 0, journal: 1 };
