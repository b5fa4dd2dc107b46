import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect, disconnectAll, disconnectLatest, ids, KeptEvents } from '../../../test/support/kept-events.js';
import { followEvents } from './follow-events.js';

describe('followEvents', () => {
  afterEach(() => {
    disconnectAll();
  });

  it('begins with the present state and goes on with what is pushed, without a read', async () => {
    const events = new KeptEvents();
    events.publish('5-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, null);
    events.publish('6-0');
    events.push('6-0');
    events.publish('6-1');
    expect(sent).toEqual(['state at 5-0', '6-0', '6-1']);
    expect(events.reads).toBe(0);
  });

  it('goes on after the event that the reader names', async () => {
    const events = new KeptEvents();
    for (const id of ids(1, 200)) events.publish(id);
    const { connection, sent } = connect();
    await followEvents(events, connection, '3-0');
    events.publish('201-0');
    expect(sent).toEqual(ids(4, 201));
  });

  it('sends nothing to begin with when nothing came after it', async () => {
    const events = new KeptEvents();
    events.publish('3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '3-0');
    expect(sent).toEqual([]);
    events.publish('4-0');
    expect(sent).toEqual(['4-0']);
  });

  it('takes in what is pushed while it reads, once', async () => {
    const events = new KeptEvents();
    for (const id of ids(1, 3)) events.publish(id);
    const { connection, sent } = connect();
    let next = 4;
    events.meanwhile = () => {
      if (next <= 8) events.publish(`${next++}-0`);
    };
    await followEvents(events, connection, '1-0');
    events.publish('9-0');
    expect(sent).toEqual(ids(2, 9));
  });

  it('does not send again what is pushed late', async () => {
    const events = new KeptEvents();
    events.kept.push('1-0', '2-0', '3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '1-0');
    events.push('2-0');
    events.push('3-0');
    events.publish('4-0');
    expect(sent).toEqual(['2-0', '3-0', '4-0']);
  });

  it('sends of what is pushed together what the reader does not have yet', async () => {
    const events = new KeptEvents();
    events.kept.push('1-0', '2-0', '3-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '1-0');
    events.push('2-0', '3-0', '4-0', '5-0');
    events.push('5-0');
    expect(sent).toEqual(['2-0', '3-0', '4-05-0']);
  });

  it.each([
    ['is not kept any more', '1-0'],
    ['is from a time that has not come', '9999-0'],
  ])('has the reader begin anew when its event %s', async (_what, lastEventId) => {
    const events = new KeptEvents();
    for (const id of ids(1, 5)) events.publish(id);
    events.trimmedTo = '3-0';
    const { connection, sent } = connect();
    await followEvents(events, connection, lastEventId);
    events.publish('6-0');
    expect(sent).toEqual(['reset', 'state at 5-0', '6-0']);
  });

  it('takes an event that only another process knows yet for what it is', async () => {
    const events = new KeptEvents();
    events.push('4-0');
    events.kept.push('4-0', '5-0');
    const { connection, sent } = connect();
    await followEvents(events, connection, '5-0');
    events.push('5-0');
    events.publish('6-0');
    expect(sent).toEqual(['6-0']);
  });

  it('begins anew when what was pushed is not among what is kept', async () => {
    const events = new KeptEvents();
    events.publish('3-0');
    const { connection, sent } = connect();
    events.meanwhile = () => {
      if (events.reads === 1) events.push('4-0');
    };
    await followEvents(events, connection, '3-0');
    expect(sent).toEqual(['reset', 'state at 4-0']);
  });

  it('unsubscribes when the reader goes away, also while it catches up', async () => {
    const events = new KeptEvents();
    for (const id of ids(1, 500)) events.publish(id);
    const { connection } = connect();
    events.meanwhile = () => disconnectLatest();
    await followEvents(events, connection, '1-0');
    expect(events.listeners.size).toBe(0);
    expect(events.reads).toBeLessThan(3);
    await followEvents(events, connection, '1-0');
    expect(events.listeners.size).toBe(0);
  });

  it('hands on that the events cannot be reached', async () => {
    const events = new KeptEvents();
    events.publish('3-0');
    events.eventsAfter = () => Promise.reject(new Error('away'));
    await expect(followEvents(events, connect().connection, '1-0')).rejects.toThrow('away');
  });

  it('ends a reader when events may be missing', async () => {
    const events = new KeptEvents();
    events.publish('5-0');
    const live = connect();
    await followEvents(events, live.connection, null);
    const behind = connect();
    events.meanwhile = () => {
      for (const listener of events.listeners) listener.lost();
    };
    await followEvents(events, behind.connection, '1-0');
    expect([live.raw.writableEnded, behind.raw.writableEnded]).toEqual([true, true]);
    await vi.waitFor(() => expect(events.listeners.size).toBe(0));
  });

  it('sends what holds for all readers to those who begin and those who go on', async () => {
    const events = new KeptEvents();
    events.publish('5-0');
    events.standing = 'away';
    const { connection, sent } = connect();
    await followEvents(events, connection, '5-0');
    for (const listener of events.listeners) listener.control('back');
    expect(sent).toEqual(['away', 'back']);
  });
});
