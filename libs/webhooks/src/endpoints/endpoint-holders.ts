import { type InstanceRecord, StopHolders } from '@app/instance-store';
import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { WebhookEndpoint } from '../model/endpoint.js';
import { holdsStopOf } from '../plan/holding.js';
import { EndpointStore } from '../store/endpoint-store.port.js';

/** A check stops many instances in a row; they share a reading of the endpoints this old at most. */
const READING_MS = 1_000;

/** Knows which endpoints hold stops. Asked only when an instance is about to be stopped or migrated. */
@Injectable()
export class EndpointHolders extends StopHolders {
  private reading: { readonly endpoints: Promise<readonly WebhookEndpoint[]>; readonly atMs: number } | null = null;

  constructor(
    private readonly store: EndpointStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async of(record: InstanceRecord): Promise<readonly string[]> {
    const endpoints = await this.configured();
    return endpoints.filter((endpoint) => holdsStopOf(endpoint, record)).map(({ id }) => id);
  }

  private configured(): Promise<readonly WebhookEndpoint[]> {
    const now = this.clock.now();
    if (this.reading !== null && now - this.reading.atMs < READING_MS) return this.reading.endpoints;
    const reading = { endpoints: this.store.configured(), atMs: now };
    this.reading = reading;
    reading.endpoints.catch(() => {
      // The next one asks again.
      if (this.reading === reading) this.reading = null;
    });
    return reading.endpoints;
  }
}
