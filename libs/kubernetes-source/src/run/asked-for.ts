import { type Clock, delay, MINUTE_MS, oneLine, SECOND_MS } from '@app/platform';
import { type KubernetesSync, type RelistOrder, UNKNOWN_SYNC } from '@app/sync-status';
import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { KUBERNETES_KINDS, type KubernetesKind } from '../model/kinds.js';
import type { KubernetesRunner } from './kubernetes-runner.js';
import type { Relist } from './pending-relists.js';

const EVERY_MS = SECOND_MS;
/** Until the status has been read: the worker waits for it. */
const UNKNOWN_MS = SECOND_MS / 10;
/** While the store is away. */
const AFTER_FAILURE_MS = 5 * SECOND_MS;
/** Whoever lets a set pass has looked at the cluster of that time. */
const FORCE_LASTS_MS = 60 * MINUTE_MS;

interface UnderWay {
  readonly relist: Relist;
  /** Of how many kinds the order says that they are still to be read. */
  reportedUnread: number;
  /** `left`: the worker ended before all was read. */
  state: 'reading' | 'read' | 'left';
}

/** Hands what people ask of the sync with the cluster (a pause, a part to be read anew) to the worker that follows it. */
export class AskedFor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Kubernetes');
  private readonly shutdown = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private hasFailed = false;
  /** Aborted when there is something to do at once. */
  private wake = new AbortController();
  /** Forced orders stay where they are until they are carried out: a worker that ends meanwhile leaves them to the next one. */
  private readonly underWay = new Map<string, UnderWay>();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly sync: Pick<KubernetesSync, 'view' | 'relists'>,
    private readonly runner: Pick<KubernetesRunner, 'canRelist' | 'pause' | 'relist' | 'resume'>,
    private readonly clock: Clock,
    private readonly everyMs = EVERY_MS,
  ) {}

  onApplicationBootstrap(): void {
    // At once: the worker that is paused gives its lock up, and none may take it that has not heard of the pause yet.
    this.unsubscribe = this.sync.view.subscribe(() => this.heed());
    this.running = this.loop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    this.shutdown.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { signal } = this.shutdown;
    while (!signal.aborted) {
      await delay(await this.check(), AbortSignal.any([signal, this.wake.signal]));
      if (this.wake.signal.aborted) this.wake = new AbortController();
    }
  }

  /** @returns after which time to check again */
  private async check(): Promise<number> {
    if (!this.heed()) return Math.min(this.everyMs, UNKNOWN_MS);
    try {
      await this.handOver();
      this.hasFailed = false;
      return this.everyMs;
    } catch (error) {
      if (!this.hasFailed) {
        const why = oneLine(error instanceof Error ? error.message : String(error), 300);
        this.logger.warn(`What is asked of the sync with the cluster cannot be read at present: ${why}`);
      }
      this.hasFailed = true;
      return Math.max(this.everyMs, AFTER_FAILURE_MS);
    }
  }

  /** @returns whether it is known if the sync is paused */
  private heed(): boolean {
    const snapshot = this.sync.view.current();
    if (snapshot === UNKNOWN_SYNC) return false;
    const { paused } = snapshot;
    if (paused === null) this.runner.resume();
    else this.runner.pause(`by ${paused.by}`);
    return true;
  }

  private async handOver(): Promise<void> {
    // What nobody reads now waits for whoever does. What was read here is over also when the worker has ended since.
    if (!this.runner.canRelist && this.underWay.size === 0) return;
    const orders = await this.sync.relists.waiting();
    const toBegin: RelistOrder[] = [];
    for (const order of orders) {
      const rest = await this.restOf(order);
      if (rest !== null) toBegin.push(rest);
    }
    // One that made room for others is not there any more.
    for (const id of this.underWay.keys()) {
      if (!orders.some((order) => order.id === id)) this.underWay.delete(id);
    }
    for (const order of toBegin) {
      if (!this.runner.canRelist) return;
      const relist = this.relist(order);
      if (relist !== null && order.force) this.follow(order.id, relist);
      else await this.sync.relists.remove(order.id);
    }
  }

  /**
   * Takes out of an order under way what was read of it, so that no worker forces that again.
   *
   * @returns what of the order is to be begun; null for nothing
   */
  private async restOf(order: RelistOrder): Promise<RelistOrder | null> {
    const underWay = this.underWay.get(order.id);
    if (underWay === undefined) return order;
    const { state } = underWay;
    const kinds = underWay.relist.unread();
    // None at all would mean every kind.
    if (state === 'read' || kinds.length === 0) {
      await this.sync.relists.remove(order.id);
      this.underWay.delete(order.id);
      return null;
    }
    if (kinds.length < underWay.reportedUnread) {
      await this.sync.relists.narrow(order.id, kinds);
      underWay.reportedUnread = kinds.length;
    }
    if (state === 'reading') return null;
    this.underWay.delete(order.id);
    return { ...order, kinds };
  }

  private follow(id: string, relist: Relist): void {
    const underWay: UnderWay = { relist, reportedUnread: relist.unread().length, state: 'reading' };
    this.underWay.set(id, underWay);
    const settle = (wasRead: boolean): void => {
      underWay.state = wasRead ? 'read' : 'left';
      // One that was carried out is not left to be carried out by another worker, too.
      this.wake.abort();
    };
    relist.isRead.then(settle, () => settle(false));
  }

  /** @returns null when nothing is read anew */
  private relist({ id, kinds, namespaces, force, requestedBy, at }: RelistOrder): Relist | null {
    const askedAtMs = Date.parse(at);
    const waitedMs = this.clock.now() - askedAtMs;
    const order = { request: id, requestedBy, kinds, namespaces, force, waitedMs };
    const known = kinds.filter(isKind);
    // None at all would mean every kind.
    if (kinds.length > 0 && known.length === 0) {
      this.logger.warn('Nothing is read anew: this release knows none of the kinds', order);
      return null;
    }
    const forcedUntilMs = force && waitedMs < FORCE_LASTS_MS ? askedAtMs + FORCE_LASTS_MS : null;
    if (force && forcedUntilMs === null)
      this.logger.warn('What was asked for long ago is read anew, and not forced any more', order);
    const relist = this.runner.relist({ kinds: known, namespaces, forcedUntilMs, requestedBy });
    if (relist === null) this.logger.warn('Nothing is read anew: the part that was asked for is not followed', order);
    else this.logger.log('A part of the cluster is read anew', order);
    return relist;
  }
}

const isKind = (kind: string): kind is KubernetesKind => KUBERNETES_KINDS.some((known) => known === kind);
