import { BEFORE_FIRST_ENTRY, ChangeFeed, type FeedEntry, type InstanceId, isInstanceChange } from '@app/instance-store';
import { Clock, inBatches } from '@app/platform';
import type { LockHold } from '@app/redis';
import { eventBody } from '@app/views';
import { Injectable, Logger } from '@nestjs/common';
import { DeliveryHints } from '../deliver/delivery-hints.js';
import { WebhookMetrics } from '../health/webhook-metrics.js';
import type { EndpointId } from '../model/endpoint.js';
import { WebhookOptions } from '../model/webhook-options.js';
import { namedEndpoints, planFanOut } from '../plan/plan-fan-out.js';
import { type FanOutBatch, FanOutStore } from '../store/fan-out-store.port.js';

/** Entries that become deliveries in one write, so that no script runs for long. */
const BATCH = 100;

/** For the log: the state that is in Redis alone. */
export const LOST_WITH_REDIS =
  'Redis has lost its data: endpoints that were made by the API, their secrets, and the log of deliveries are gone with it';

/** Turns entries of the change feed into deliveries, in their order. */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(FanOut.name);
  /** Whether this process has known a position: one that is gone afterwards was lost with the data of Redis. */
  private hadPosition = false;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly store: FanOutStore,
    private readonly hints: DeliveryHints,
    private readonly metrics: WebhookMetrics,
    private readonly options: WebhookOptions,
    private readonly clock: Clock,
  ) {}

  /**
   * Follows the feed under the lock until the signal ends it, or another process has moved on.
   * @throws LockLostError, StoreUnavailableError
   */
  async follow(hold: LockHold, signal: AbortSignal): Promise<void> {
    let position = await this.begin(hold);
    for await (const piece of this.feed.watch(position, signal, () => undefined)) {
      if (signal.aborted) return;
      if (piece.kind === 'lost') {
        await this.goOnAfterLoss(position, hold);
        return;
      }
      const batches = [...inBatches(piece.entries, BATCH)];
      // What could not be understood is passed over.
      if (batches.length === 0) batches.push([]);
      for (const [place, entries] of batches.entries()) {
        const end = place === batches.length - 1 ? piece.position : (entries.at(-1)?.entryId ?? position);
        if (!(await this.append(entries, position, end, hold))) return;
        position = end;
      }
    }
  }

  /** The first fan-out begins with what happens from now on. */
  private async begin(hold: LockHold): Promise<string> {
    const known = await this.store.position();
    if (known === null && this.hadPosition) {
      this.metrics.countLost('feed', 1);
      this.logger.error(LOST_WITH_REDIS);
    }
    this.hadPosition = true;
    if (known !== null) return known;
    const latest = await this.feed.latestId();
    await this.store.moveTo(latest, hold);
    return latest;
  }

  /** Goes on with the oldest entry that is left. */
  private async goOnAfterLoss(lost: string, hold: LockHold): Promise<void> {
    const oldest = await this.feed.oldest();
    this.metrics.countLost('feed', 1);
    this.logger.error('entries of the change feed were lost before webhooks were made of them', {
      after: lost,
      before: oldest?.position,
    });
    if (oldest === null) await this.store.moveTo(BEFORE_FIRST_ENTRY, hold);
    else await this.append(oldest.entries, lost, oldest.position, hold);
  }

  private async append(
    entries: readonly FeedEntry[],
    from: string,
    position: string,
    hold: LockHold,
  ): Promise<boolean> {
    const batch = await this.plan(entries, from, position);
    if (!(await this.store.append(batch, hold))) return false;
    const endpointIds = new Set<EndpointId>();
    for (const { deliveries } of batch.events)
      for (const { delivery } of deliveries) endpointIds.add(delivery.endpointId);
    await this.hints.due([...endpointIds]);
    return true;
  }

  private async plan(entries: readonly FeedEntry[], from: string, position: string): Promise<FanOutBatch> {
    const { configured, known } = await this.store.read(instancesOf(entries));
    const ofInstances = await this.store.endpointsOfInstances(namedEndpoints(entries, known));
    const at = this.clock.timestamp();
    const plan = planFanOut(entries, {
      configured,
      ofInstances,
      known,
      at,
      firstWaitMs: this.options.scheduleMs[0] ?? 0,
      render: (entry, sequence) => eventBody(entry, { secrets: false, sequence }),
    });
    return { ...plan, from, position, at };
  }
}

function instancesOf(entries: readonly FeedEntry[]): readonly InstanceId[] {
  return [...new Set(entries.filter(isInstanceChange).map(({ instanceId }) => instanceId))];
}
