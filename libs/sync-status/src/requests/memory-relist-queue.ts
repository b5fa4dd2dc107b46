import { type RelistOrder, RelistQueue, WAITING_RELISTS } from './relist-queue.js';

/** Requests within one process. */
export class MemoryRelistQueue extends RelistQueue {
  private waiting: RelistOrder[] = [];

  override put(order: RelistOrder): Promise<void> {
    this.waiting = [...this.waiting, order].slice(-WAITING_RELISTS);
    return Promise.resolve();
  }

  override take(): Promise<readonly RelistOrder[]> {
    const taken = this.waiting;
    this.waiting = [];
    return Promise.resolve(taken);
  }
}
