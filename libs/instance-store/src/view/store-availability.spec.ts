import { FakeClock } from '@app/testing';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreAvailability, type StoreState } from './store-availability.js';

beforeAll(() => Logger.overrideLogger(false));

describe('whether the store can be used', () => {
  let clock: FakeClock;
  let states: StoreState[];
  let contact: StoreAvailability;

  beforeEach(() => {
    clock = new FakeClock();
    states = [];
    contact = new StoreAvailability(clock);
    contact.subscribe((state) => states.push(state));
  });

  it('ends by one error reply, or by two late answers in a row', () => {
    contact.tookTooLong();
    contact.answered();
    contact.tookTooLong();
    expect(contact.isAway).toBe(false);
    contact.tookTooLong();
    expect(contact.isAway).toBe(true);
    const other = new StoreAvailability(clock);
    other.refused();
    expect(other.isAway).toBe(true);
    expect(states).toEqual(['suspect', 'healthy', 'suspect', 'degraded']);
  });

  it('begins again after three answers in a row, and each change is emitted once', async () => {
    contact.refused();
    contact.refused();
    contact.answered();
    contact.answered();
    contact.tookTooLong();
    contact.answered();
    contact.answered();
    expect(contact.isAway).toBe(true);
    contact.answered();
    expect(contact.isAway).toBe(false);
    await vi.waitFor(() => expect(states).toEqual(['degraded', 'recovering', 'healthy']));
  });

  it('was so at the last answer', () => {
    const start = clock.timestamp();
    clock.advance(5_000);
    contact.refused();
    expect(contact.lastContact).toBe(start);
    contact.answered();
    expect(contact.lastContact).toBe(clock.timestamp());
  });

  const lose = () => contact.refused();
  const regain = () => [1, 2, 3].forEach(() => contact.answered());

  it('is not healthy before the steps of the recovery have succeeded, those of the records first', async () => {
    const ran: string[] = [];
    contact.onRecovery({ stage: 'journal', name: 'replaying', run: () => Promise.resolve(void ran.push('journal')) });
    const records = Promise.withResolvers<void>();
    contact.onRecovery({
      stage: 'records',
      name: 'restoring',
      run: () => {
        ran.push('records');
        return records.promise;
      },
    });
    lose();
    regain();
    await vi.waitFor(() => expect(ran).toEqual(['records']));
    expect(contact.state).toBe('recovering');
    records.resolve();
    await vi.waitFor(() => expect(contact.state).toBe('healthy'));
    expect(ran).toEqual(['records', 'journal']);
  });

  it('cuts a step off when it ends again, and begins all of them anew', async () => {
    const signals: AbortSignal[] = [];
    contact.onRecovery({
      stage: 'journal',
      name: 'replaying',
      run: (signal) => {
        signals.push(signal);
        return signals.length === 1
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut off'))))
          : Promise.resolve();
      },
    });
    lose();
    regain();
    await vi.waitFor(() => expect(signals.length).toBe(1));
    lose();
    expect(signals[0]?.aborted).toBe(true);
    regain();
    await vi.waitFor(() => expect(contact.state).toBe('healthy'));
    expect(states).toEqual(['degraded', 'recovering', 'degraded', 'recovering', 'healthy']);
    expect(signals.length).toBe(2);
  });

  it('tries a step that failed again', async () => {
    let runs = 0;
    contact.onRecovery({
      stage: 'records',
      name: 'restoring',
      run: () => (++runs === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve()),
    });
    lose();
    regain();
    await vi.waitFor(() => expect(contact.state).toBe('healthy'), { timeout: 3_000 });
    expect(runs).toBe(2);
  });
});
