import { setTimeout as pause } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';

export interface BurstResult {
  /** Accepted ones. */
  readonly changes: number;
  /** What the others were answered with. */
  readonly rejections: readonly string[];
  readonly perSecond: number;
}

/** How often what is due by now is sent. */
const STEP_MS = 10;

/**
 * Changes instances in turn through the API, so many times a second: auto-stop on, off, on again. Each is a revision and
 * an event.
 */
export async function burst(
  client: ApiClient,
  ids: readonly string[],
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<BurstResult> {
  const total = perSecond * seconds;
  const begun = performance.now();
  const sent: Promise<string | null>[] = [];
  const latest = new Map<string, Promise<unknown>>();
  while (sent.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1_000) * perSecond));
    while (sent.length < due) {
      const id = ids[sent.length % ids.length] ?? '';
      const enabled = Math.floor(sent.length / ids.length) % 2 === 1;
      // One at a time for each instance: two at once are distinguished by its revision, and one is refused.
      const change = after(latest.get(id), () => setAutoStop(client, id, enabled));
      latest.set(id, change);
      sent.push(change);
    }
    await pause(STEP_MS);
  }
  const rejections = (await Promise.all(sent)).filter((rejection) => rejection !== null);
  const changes = total - rejections.length;
  return { changes, rejections, perSecond: Math.round(changes / ((performance.now() - begun) / 1_000)) };
}

async function after<Value>(before: Promise<unknown> | undefined, work: () => Promise<Value>): Promise<Value> {
  await before;
  return work();
}

/** @returns what it was refused with; null when it was accepted */
export async function setAutoStop(client: ApiClient, id: string, enabled: boolean): Promise<string | null> {
  const { status, body } = await client.request(
    'PATCH',
    `/api/v1/instances/${id}`,
    { autoStop: { enabled } },
    { 'if-match': '*' },
  );
  return status === 200 ? null : `${status} ${JSON.stringify(body)}`;
}
