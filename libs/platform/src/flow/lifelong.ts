import { delay } from './until-aborted.js';

/** The first requests should see the truth already, but nobody waits for a Redis that is away. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 1_000;

export interface LifelongSteps {
  /** Where the following is to begin; tried until it succeeds. Comes back at once when the signal is aborted. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** Comes back when the signal is aborted; begun again when it ends by itself. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
  /** Told every time that one of them failed. */
  readonly onFault: (error: unknown) => void;
}

/** Follows something for as long as the process lives. */
export class Lifelong {
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly steps: LifelongSteps) {}

  /** Comes back when the beginning is made or has failed once, or after a second at the latest. */
  async start(): Promise<void> {
    const failed = Promise.withResolvers<void>();
    const begun = this.begin(failed.resolve);
    this.running = begun.then(() => this.follow());
    const patience = new AbortController();
    await Promise.race([begun, failed.promise, delay(PATIENCE_MS, patience.signal)]);
    patience.abort();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  private async begin(onFault: () => void): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.steps.begin(signal);
        return;
      } catch (error) {
        this.fault(error);
        onFault();
        await delay(RETRY_MS, signal);
      }
    }
  }

  private async follow(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.steps.follow(signal);
      } catch (error) {
        this.fault(error);
      }
      await delay(RETRY_MS, signal);
    }
  }

  private fault(error: unknown): void {
    if (!this.end.signal.aborted) this.steps.onFault(error);
  }
}
