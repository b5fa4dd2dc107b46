import { Worker } from 'node:worker_threads';
import type { SeedOutcome } from './run-seed.js';
import type { Shrunk } from './shrink.js';

/** What a thread is asked for. */
export type Task =
  | { readonly kind: 'run'; readonly seed: number; readonly days: number | null; readonly isTraced: boolean }
  | { readonly kind: 'shrink'; readonly outcome: SeedOutcome; readonly days: number | null };

export type Reply =
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'outcome'; readonly outcome: SeedOutcome }
  | { readonly kind: 'shrunk'; readonly shrunk: Shrunk };

/** What a run makes is garbage soon; where more of it fits, less is moved before it is. */
const YOUNG_MB = 64;

/** A thread in which time and chance are virtual. One task at a time. */
export class SeedThread {
  private readonly worker: Worker;
  private settle: ((reply: Reply) => void) | null = null;

  /** @param file of seed-thread.ts */
  constructor(
    file: URL,
    private readonly onLine: (line: string) => void,
  ) {
    this.worker = new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    this.worker.on('message', (reply: Reply) => {
      if (reply.kind === 'line') this.onLine(reply.line);
      else this.settle?.(reply);
    });
    this.worker.on('error', (error) => {
      throw error;
    });
  }

  async run(seed: number, days: number | null, isTraced: boolean): Promise<SeedOutcome> {
    const reply = await this.ask({ kind: 'run', seed, days, isTraced });
    if (reply.kind !== 'outcome') throw new Error(`a run was answered by ${reply.kind}`);
    return reply.outcome;
  }

  async shrink(outcome: SeedOutcome, days: number | null): Promise<Shrunk> {
    const reply = await this.ask({ kind: 'shrink', outcome, days });
    if (reply.kind !== 'shrunk') throw new Error(`a shrinking was answered by ${reply.kind}`);
    return reply.shrunk;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private ask(task: Task): Promise<Reply> {
    return new Promise((resolve) => {
      this.settle = resolve;
      this.worker.postMessage(task, []);
    });
  }
}
