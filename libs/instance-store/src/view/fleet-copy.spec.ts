import { anInstance, FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { FleetCopy } from './fleet-copy.js';

describe('the copy of the fleet and a record of the same revision', () => {
  const record = anInstance({ name: 'a', revision: 3 });
  const copyWith = (): FleetCopy => {
    const copy = new FleetCopy(new FakeClock());
    copy.apply(record.id, record);
    return copy;
  };

  it('contradicts when it is another record, and not when it is the same, older or later', () => {
    const copy = copyWith();
    expect(copy.contradicts({ ...record })).toBe(false);
    expect(copy.contradicts({ ...record, name: 'b' })).toBe(true);
    expect(copy.contradicts({ ...record, name: 'b', revision: 2 })).toBe(false);
    expect(copy.contradicts({ ...record, name: 'b', revision: 4 })).toBe(false);
  });

  it('is compared with what the store held, and not with the stop that is assumed meanwhile', () => {
    const copy = copyWith();
    const stopping = { ...record, status: 'stopping' } as const;
    copy.assume(stopping);
    expect(copy.contradicts(record)).toBe(false);
    const question = copy.beginRefetch(record.id);
    copy.endRefetch(record.id, question, { record, lastUsedAt: null });
    expect([...copy.confirmed()]).toEqual([{ record, lastUsedAt: null }]);
    expect(copy.hasAssumed).toBe(true);
  });
});
