import type { InstanceSnapshot, InstanceState } from './instance-record.js';
import type { Job } from './jobs.js';
import type { SandboxStatus } from './status.js';

/** One call that reached the sandbox. */
export interface SandboxCall {
  /** OperationId of the OpenAPI document, or `unknown`. */
  readonly operation: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The instance that it was about, or that it made. */
  readonly instanceId: string | null;
  /** HTTP status of the answer; null while open, when it hangs, or when the connection was broken. */
  readonly status: number | null;
}

export type SandboxInstance = InstanceSnapshot;

/** A migration that was begun, by a request or by the provider itself. */
export type SandboxMigration = Pick<Job, 'id' | 'type' | 'instanceId' | 'createdAt' | 'state'>;

/** The truth behind the API, and the hands of a person at the provider's console. Times are epoch milliseconds. */
export interface WorldView {
  /** Every instance, the newest first, as it is now; those that lists hide included. */
  instances(): readonly SandboxInstance[];
  instance(id: string): SandboxInstance | undefined;
  /** How many calls of that operation came, refused ones included; without a name all of them. */
  calls(operation?: string): number;
  /** The latest calls, oldest first; bounded. */
  callLog(): readonly SandboxCall[];
  /** The newest first; bounded. */
  migrationJobs(): readonly SandboxMigration[];
  /** Makes more instances in plausible states. */
  seed(count: number): readonly SandboxInstance[];
  /** Makes one instance of that name by hand, in a state in which it stays until a command. */
  place(name: string, status: SandboxStatus): SandboxInstance;
  /** Makes an instance as another sandbox had it, its id and times included, in whose state it stays until a command. */
  restore(instance: InstanceState): void;
  /** Puts an instance into a state, where it stays until a command. @throws UnknownInstanceError */
  setStatus(id: string, status: SandboxStatus): void;
  /** @throws UnknownInstanceError, WrongStateError */
  startFromConsole(id: string): void;
  /** @throws UnknownInstanceError, WrongStateError */
  stopFromConsole(id: string): void;
  /** Gone without a trace, for lists and reads alike. @throws UnknownInstanceError */
  vanish(id: string): void;
  /** @param speed times real time; 0 freezes the clock */
  setSpeed(speed: number): void;
  /** Jumps ahead: what would have happened by then has happened. */
  advance(ms: number): void;
  /** Sets the free GPUs of a product everywhere (default 1,000), or of all products. */
  restock(productId?: string, gpus?: number): void;
}

export class UnknownInstanceError extends Error {
  override readonly name = 'UnknownInstanceError';
  constructor(readonly instanceId: string) {
    super(`no instance ${instanceId}`);
  }
}
