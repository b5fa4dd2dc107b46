import {
  type FeedEntry,
  type FleetEvent,
  type InstanceChange,
  isInstanceChange,
  type SyncFeedEvent,
} from '@app/instance-store';
import { msFromTimestamp } from '@app/platform';
import { present, renderInstance } from './instance-view.js';

/** The members of an event, without its instance. */
export type EventData = ReturnType<typeof changeData> | ReturnType<typeof fleetEventData>;

/** An event in JSON, without its instance: `GET /events` has the text of that already. */
export function eventData(entry: FeedEntry): EventData {
  return isInstanceChange(entry) ? changeData(entry) : fleetEventData(entry);
}

export interface EventBodyOptions {
  /** Whether values of environment variables, passwords and the webhook address are shown. */
  readonly secrets: boolean;
  /** Which event of its instance this is, counted from 1; null for an event of the fleet. */
  readonly sequence: number | null;
}

/**
 * The body of a webhook: the JSON that `GET /events` sends for the same entry and role, and `sequence`.
 *
 * @returns JSON text
 */
export function eventBody(entry: FeedEntry, { secrets, sequence }: EventBodyOptions): string {
  const instance = isInstanceChange(entry) && entry.record !== null ? renderInstance(entry.record, secrets) : null;
  return JSON.stringify({ ...eventData(entry), ...present('sequence', sequence), ...present('instance', instance) });
}

export function changeData({ entryId, type, at, instanceId, revision }: InstanceChange) {
  return { id: entryId, type, at, instanceId, revision };
}

export function fleetEventData(event: FleetEvent) {
  const { entryId: id, at } = event;
  if (event.type === 'spend.warning') return { id, type: event.type, at, ...event.data };
  if (event.type === 'spend.bill_differs') return { id, type: event.type, at, ...event.data };
  if (event.type === 'webhook.disabled') {
    const { endpointId, url, reason, failingSince } = event.data;
    // Path and query may hold a secret of the receiver, and viewers read this.
    const { origin } = new URL(url);
    return { id, type: event.type, at, endpointId, origin, reason, ...present('failingSince', failingSince) };
  }
  return { id, type: event.type, at, ...runData(event.data) };
}

function runData({ runId, trigger, startedAt, endedAt, error, changes, held }: SyncFeedEvent) {
  return {
    runId,
    trigger,
    startedAt,
    ...present('endedAt', endedAt),
    ...(endedAt !== null && { durationMs: msFromTimestamp(endedAt) - msFromTimestamp(startedAt) }),
    ...present('error', error),
    ...present('changes', changes),
    ...present('held', held),
  };
}
