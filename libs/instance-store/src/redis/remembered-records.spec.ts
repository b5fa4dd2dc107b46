import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { RememberedRecords } from './remembered-records.js';

describe('RememberedRecords', () => {
  it('keeps the first object of a version and the latest version', () => {
    const remembered = new RememberedRecords({ maxRecords: 10, maxCharacters: 1_000 });
    const first = anInstance();
    expect(remembered.remember(first.id, '1-a', first, 10).record).toBe(first);
    expect(remembered.remember(first.id, '1-a', { ...first }, 10).record).toBe(first);
    const second = { ...first, revision: 2 };
    expect(remembered.remember(first.id, '2-b', second, 10).record).toBe(second);
    expect(remembered.of(first.id)).toMatchObject({ version: '2-b', record: second });
    remembered.forget(first.id);
    expect(remembered.of(first.id)).toBeNull();
  });

  it('follows the time of last use, with one object for each', () => {
    const remembered = new RememberedRecords({ maxRecords: 10, maxCharacters: 1_000 });
    const record = anInstance();
    const known = remembered.remember(record.id, '1-a', record, 10);
    expect(known.usedAt(null)).toEqual({ record, lastUsedAt: null });
    expect(known.usedAt('1767225600000')).toEqual({ record, lastUsedAt: timestampFromMs(1_767_225_600_000) });
    expect(known.usedAt('1767225600000')).toBe(known.usedAt('1767225600000'));
    expect(known.usedAt('')).toEqual({ record, lastUsedAt: null });
  });

  it('is bounded in records and in characters', () => {
    const remembered = new RememberedRecords({ maxRecords: 3, maxCharacters: 1_000 });
    const records = Array.from({ length: 5 }, () => anInstance());
    const held = () => records.filter(({ id }) => remembered.of(id) !== null).length;
    for (const record of records) remembered.remember(record.id, '1-a', record, 10);
    expect(held()).toBe(3);
    for (const record of records) remembered.remember(record.id, '2-a', record, 500);
    expect(held()).toBe(2);
    for (const record of records) remembered.remember(record.id, '3-a', record, 5_000);
    expect(held()).toBeLessThanOrEqual(2);
  });
});
