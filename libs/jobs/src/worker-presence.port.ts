/** Tells whether there is anyone to run the jobs. */
export abstract class WorkerPresence {
  /** @throws QueueUnavailableError when that cannot be known */
  abstract isAnyAlive(): Promise<boolean>;
}
