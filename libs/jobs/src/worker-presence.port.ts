import type { QueueName } from './queues.js';

/** Tells whether there is anyone to run the jobs. */
export abstract class WorkerPresence {
  /**
   * Whether any worker process is alive, and takes the jobs of that queue where one is named.
   * @throws QueueUnavailableError when that cannot be known
   */
  abstract isAnyAlive(queue?: QueueName): Promise<boolean>;
}
