import { FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { StoreContact } from './store-contact.js';

describe('the contact with the store', () => {
  let clock: FakeClock;
  let changes: boolean[];
  let contact: StoreContact;

  beforeEach(() => {
    clock = new FakeClock();
    changes = [];
    contact = new StoreContact(clock, (isAway) => changes.push(isAway));
  });

  it('is lost by one refusal, or by two late answers in a row', () => {
    contact.tookTooLong();
    contact.answered();
    contact.tookTooLong();
    expect(contact.isAway).toBe(false);
    contact.tookTooLong();
    expect(contact.isAway).toBe(true);
    const other = new StoreContact(clock, () => undefined);
    other.refused();
    expect(other.isAway).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('is back after three answers in a row, and tells of each change once', () => {
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
    expect(changes).toEqual([true, false]);
  });

  it('was at the last answer', () => {
    const start = clock.timestamp();
    clock.advance(5_000);
    contact.refused();
    expect(contact.lastContact).toBe(start);
    contact.answered();
    expect(contact.lastContact).toBe(clock.timestamp());
  });
});
