import { describe, expect, it } from 'vitest';
import { ChangeJournal } from './change-journal.js';
import { InstanceRecord, type InstanceSpec } from './instance-record.js';

const before = (name: string) => new InstanceRecord(name, 0, name, {} as InstanceSpec, 0).freeze();

describe('ChangeJournal', () => {
  it('knows the states at a time by the first change after it', () => {
    const journal = new ChangeJournal();
    journal.note(10, 'new', null);
    journal.note(20, 'a', before('a-old'));
    journal.note(30, 'a', before('a-newer'));
    expect(journal.statesAt(5)).toEqual(
      new Map([
        ['new', null],
        ['a', before('a-old')],
      ]),
    );
    expect(journal.statesAt(20)).toEqual(new Map([['a', before('a-newer')]]));
    expect(journal.statesAt(30)).toEqual(new Map());
  });

  it('forgets the oldest changes instead of growing', () => {
    const journal = new ChangeJournal();
    for (let index = 0; index < 50_000; index++) journal.note(index, `i-${index}`, null);
    const states = journal.statesAt(-1);
    expect(states.size).toBe(20_000);
    expect(states.has('i-49999')).toBe(true);
  });
});
