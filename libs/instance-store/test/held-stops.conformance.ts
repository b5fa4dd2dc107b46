import { openHold, recordWithDesiredState, releasedBy, withHold, withHoldOver } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { at, changesOf, type MakeStore, read, write } from './harness.js';
import { aReadyOne } from './idle.conformance.js';

const IDLE = { by: 'auto-stop', occasion: 'p' } as const;
const NOW = Date.parse(at(1_200));

/** What the store does of a hold by itself: its deadline, its events, its entries in the audit log. */
export function heldStopsConformance(makeStore: MakeStore): void {
  describe('a hold of a stop', () => {
    it('has a deadline, events and entries while it lasts and when it ends', async () => {
      const { store, feed } = makeStore();
      const record = await aReadyOne(store);
      const next = withHold(record, IDLE, 'idle', ['a', 'b'], NOW, 120_000);
      const claim = await store.idle.claim(next, { lastUsedAt: null, reason: 'idle' });
      if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
      const due = (seconds: number) => store.deadlines.due('holdUntil', at(seconds), 10);
      expect([await due(1_319), await due(1_320)]).toEqual([[], [record.id]]);

      const since = at(1_200);
      const once = await write(store, releasedBy(claim.stored.record, 'a', since, at(1_210)));
      expect(await due(1_319)).toEqual([]);
      const twice = await write(store, releasedBy(once, 'b', since, at(1_220)));
      expect([await due(1_219), await due(1_220)]).toEqual([[], [record.id]]);
      const stopping = {
        ...recordWithDesiredState(twice, 'stopped', 'auto-stop', Date.parse(at(1_221))),
        status: 'stopping',
      } as const;
      await write(store, stopping);
      expect(await due(1e9)).toEqual([]);
      expect(openHold((await read(store, record.id)).record)).toBeNull();
      expect((await changesOf(feed, 10)).map(({ type }) => type)).toEqual([
        'instance.created',
        'instance.stop_pending',
        'instance.updated',
        'instance.updated',
        'instance.stopping',
        'instance.stop_hold_ended',
      ]);
      const entries = (await store.audit.entries(record.id, 20)).filter(({ kind }) => kind === 'hold');
      expect(entries.toReversed()).toMatchObject([
        { by: 'auto-stop', to: 'held' },
        { by: 'auto-stop', from: 'held', to: 'released' },
      ]);
    });

    it('loses against a use before it', async () => {
      const { store } = makeStore();
      const record = await aReadyOne(store);
      await store.idle.touch(record.id, at(1_199));
      const next = withHold(record, IDLE, 'idle', ['a'], NOW, 120_000);
      expect((await store.idle.claim(next, { lastUsedAt: null, reason: 'idle' })).outcome).toBe('used-meanwhile');
      expect((await read(store, record.id)).record.stopHold).toBeNull();
    });

    it('changes nothing of the idle deadline', async () => {
      const { store } = makeStore();
      const record = await aReadyOne(store);
      const held = await write(store, withHold(record, IDLE, 'idle', ['a'], NOW, 120_000));
      const dueAt = (seconds: number) => store.deadlines.due('autoStopAt', at(seconds), 10);
      expect(await dueAt(1_200)).toEqual([record.id]);
      await store.idle.touch(record.id, at(1_250));
      expect(await dueAt(1_250)).toEqual([]);
      await write(store, withHoldOver(held, at(1_320)));
      expect([await dueAt(1_320), await dueAt(2_450)]).toEqual([[], [record.id]]);
    });
  });
}
