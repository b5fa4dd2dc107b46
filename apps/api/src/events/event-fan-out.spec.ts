import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { type FeedEntry, StoreAvailability } from '@app/instance-store';
import type { Timestamp } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeFeedView } from '../../test/support/feed-fakes.js';
import type { EventListener } from '../core/sse/resumable-events.js';
import { EventFanOut } from './event-fan-out.js';

class Listener implements EventListener<FeedEntry> {
  readonly batches: (readonly FeedEntry[])[] = [];
  readonly controls: string[] = [];
  losses = 0;

  get ids(): readonly string[] {
    return this.batches.flat().map(({ entryId }) => entryId);
  }

  events(entries: readonly FeedEntry[]): void {
    this.batches.push(entries);
  }

  control(text: string): void {
    this.controls.push(text);
  }

  lost(): void {
    this.losses++;
  }
}

describe('EventFanOut', () => {
  const record = anInstance();
  let view: FakeFeedView;
  let fanOut: EventFanOut;
  let availability: StoreAvailability;

  beforeEach(() => {
    view = new FakeFeedView();
    const clock = new FakeClock();
    availability = new StoreAvailability(clock);
    fanOut = new EventFanOut(view, clock, availability);
  });

  const happen = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => view.change(`${from + i}-0`, 'instance.updated', record).entryId);

  it('says when the store is away, and that it is back only once all is in it', async () => {
    const replayed = Promise.withResolvers<void>();
    availability.onRecovery({ stage: 'journal', name: 'replaying', run: () => replayed.promise });
    const listener = new Listener();
    fanOut.subscribe(listener);
    availability.refused();
    for (let i = 0; i < 3; i++) availability.answered();
    expect(availability.state).toBe('recovering');
    expect(listener.controls.map(eventOf)).toEqual(['degraded']);
    replayed.resolve();
    await vi.waitFor(() => expect(listener.controls.map(eventOf)).toEqual(['degraded', 'restored']));
  });

  it('listens once for all, and only while somebody listens', async () => {
    const ends = Array.from({ length: 50 }, () => fanOut.subscribe(new Listener()));
    expect(view.subscriptions).toBe(1);
    for (const end of ends) end();
    for (const end of ends) end();
    expect(view.subscriptions).toBe(0);
    const again = new Listener();
    fanOut.subscribe(again);
    happen(1, 1);
    await nextTurn();
    expect([view.subscriptions, again.ids]).toEqual([1, ['1-0']]);
  });

  it('gives everybody the same array, in order, and no more than a batch in one turn', async () => {
    const one = new Listener();
    const other = new Listener();
    fanOut.subscribe(one);
    fanOut.subscribe(other);
    const ids = happen(1, 50);
    await nextTurn();
    expect(one.ids).toEqual(ids.slice(0, 20));
    await vi.waitFor(() => expect(one.ids).toEqual(ids));
    expect(other.batches).toHaveLength(3);
    for (const [index, batch] of one.batches.entries()) expect(other.batches[index]).toBe(batch);
  });

  it('sends together what happens within a moment when very many listen', async () => {
    const first = new Listener();
    fanOut.subscribe(first);
    for (let i = 1; i < 1_000; i++) fanOut.subscribe(new Listener());
    happen(1, 1);
    await vi.waitFor(() => expect(first.ids).toHaveLength(1));
    for (let n = 2; n <= 9; n++) {
      happen(n, n);
      await pause(1);
    }
    await vi.waitFor(() => expect(first.ids).toHaveLength(9));
    expect(first.batches.length).toBeLessThanOrEqual(4);
  });

  it('has nobody go on when more waits than it keeps, nor when the feed has lost something', async () => {
    const listener = new Listener();
    fanOut.subscribe(listener);
    happen(1, 5_001);
    expect(listener.losses).toBe(1);
    view.lose();
    expect(listener.losses).toBe(2);
    await nextTurn();
    expect(listener.ids).toEqual([]);
    happen(6_000, 6_000);
    await nextTurn();
    expect(listener.ids).toEqual(['6000-0']);
  });

  it('says that the feed cannot be read, and that it can be again', () => {
    const listener = new Listener();
    fanOut.subscribe(listener);
    view.interrupt('2026-01-01T11:59:00.000Z' as Timestamp);
    view.interrupt(null);
    expect(listener.controls).toEqual([
      'event: degraded\ndata: {"type":"degraded","since":"2026-01-01T11:59:00.000Z"}\n\n',
      'event: restored\ndata: {"type":"restored","at":"2026-01-01T00:00:00.000Z"}\n\n',
    ]);
  });

  it('says so once for an outage that the feed and the reads find out each by themselves', async () => {
    const listener = new Listener();
    fanOut.subscribe(listener);
    view.interrupt('2026-01-01T11:59:00.000Z' as Timestamp);
    availability.refused();
    for (let i = 0; i < 3; i++) availability.answered();
    await vi.waitFor(() => expect(availability.state).toBe('healthy'));
    expect(listener.controls.map(eventOf)).toEqual(['degraded']);
    view.interrupt(null);
    expect(listener.controls.map(eventOf)).toEqual(['degraded', 'restored']);
  });

  it('forgets what waits when the last one leaves', async () => {
    const end = fanOut.subscribe(new Listener());
    happen(1, 3);
    end();
    const late = new Listener();
    fanOut.subscribe(late);
    await nextTurn();
    expect(late.ids).toEqual([]);
  });
});

const eventOf = (text: string): string | undefined => /^event: (.*)$/m.exec(text)?.[1];
