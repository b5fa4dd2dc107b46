import { type RelistOrder, RelistQueue, WAITING_RELISTS } from './relist-queue.js';

/** Requests within one process. */
export class MemoryRelistQueue extends RelistQueue {
  private orders: readonly RelistOrder[] = [];

  override put(order: RelistOrder): Promise<void> {
    this.orders = [...this.orders, order].slice(-WAITING_RELISTS);
    return Promise.resolve();
  }

  override waiting(): Promise<readonly RelistOrder[]> {
    return Promise.resolve(this.orders);
  }

  override narrow(id: string, kinds: readonly string[]): Promise<void> {
    this.orders = this.orders.map((order) => (order.id === id ? { ...order, kinds } : order));
    return Promise.resolve();
  }

  override remove(id: string): Promise<void> {
    this.orders = this.orders.filter((order) => order.id !== id);
    return Promise.resolve();
  }
}
