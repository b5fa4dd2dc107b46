import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import type { InstanceId } from '../record/identity.js';
import { FleetIndex } from './fleet-index.js';

const at = (seconds: number) => timestampFromMs(Date.UTC(2026, 0, 1) + seconds * 1_000);

describe('the list by cost', () => {
  const NOW = Date.UTC(2026, 0, 2);
  const costing = (name: string, usd: number, usdPerHour: number) =>
    anInstance({
      name,
      cost: { microUsd: usd * 1e6, rate: usdPerHour * 1e6, sinceMs: NOW - 3_600_000, fromMs: 0 },
    });

  it('orders by what they have cost up to now, those that never cost anything as the least', () => {
    const index = new FleetIndex();
    for (const record of [
      costing('fast', 1, 9),
      costing('slow', 8, 0),
      anInstance({ name: 'free' }),
      costing('mid', 2, 7),
    ]) {
      index.put(record);
    }
    index.passTime(NOW, []);
    const names = index.page({ sort: '-cost', limit: 9 }).records.map(({ name }) => name);
    expect(names).toEqual(['fast', 'mid', 'slow', 'free']);
  });

  it('leaves nothing out and repeats nothing while pages are turned and all of them grow', () => {
    const index = new FleetIndex();
    const records = Array.from({ length: 20 }, (_, i) => costing(`n${i}`, 5 + i / 1_000, 30));
    for (const record of records) index.put(record);
    const seen: string[] = [];
    let cursor: string | null = null;
    let nowMs = NOW;
    do {
      index.passTime(nowMs, []);
      const page = index.page({ sort: '-cost', limit: 3, ...(cursor !== null && { cursor }) });
      seen.push(...page.records.map(({ name }) => name));
      cursor = page.nextCursor;
      nowMs += 40_000;
    } while (cursor !== null);
    expect(seen).toEqual(records.map(({ name }) => name).toReversed());
  });
});

describe('the figures of the fleet', () => {
  const NOW = Date.UTC(2026, 0, 2);

  it('counts what is idle by the latest uses, as its list does', () => {
    const uses = new Map<InstanceId, Timestamp>();
    const index = new FleetIndex(undefined, uses);
    const ready = { status: 'ready', timestamps: { created: at(0), ready: at(0) } } as const;
    const [used, unused] = [anInstance(ready), anInstance(ready)];
    index.put(used);
    index.put(unused);
    uses.set(used.id, timestampFromMs(NOW - 60_000));
    index.passTime(NOW, [used.id]);
    expect(index.summary({}).idle.instances).toBe(1);
    expect(index.matching({ show: 'idle' }).map(({ id }) => id)).toEqual([unused.id]);
    // A write in between changes nothing of it.
    index.put({ ...used, revision: 2 });
    expect(index.summary({}).idle.instances).toBe(1);
    // It is in use for five minutes.
    index.passTime(NOW + 4 * 60_000, []);
    expect(index.summary({}).idle.instances).toBe(2);
  });

  it('counts what needs attention as time passes', () => {
    const index = new FleetIndex();
    const desired = { state: 'stopped', at: timestampFromMs(NOW), by: 'user:a' } as const;
    index.put(anInstance({ status: 'stopping', desired }));
    index.put(anInstance({ status: 'failed', missingSince: at(1) }));
    index.put(anInstance({ deadlines: { nextReconcileAt: timestampFromMs(NOW) } }));
    const reasonsAt = (minutes: number) => {
      index.passTime(NOW + minutes * 60_000, []);
      const { instances, byReason } = index.summary({}).attention;
      expect(index.page({ sort: 'name', limit: 9, show: 'attention' }).total).toBe(instances);
      return byReason;
    };
    expect(reasonsAt(0)).toEqual({ failed: 1, unconfirmed: 0, overdue: 0, missing: 1 });
    expect(reasonsAt(1)).toEqual({ failed: 1, unconfirmed: 0, overdue: 1, missing: 1 });
    expect(reasonsAt(5)).toEqual({ failed: 1, unconfirmed: 1, overdue: 1, missing: 1 });
  });
});
