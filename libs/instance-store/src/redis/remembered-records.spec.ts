import { timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import { describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../instance.js';
import type { NovitaInstanceId } from '../instance-id.js';
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

  it('knows what the names of kept records led to, and forgets them with the records', () => {
    const remembered = new RememberedRecords({ maxRecords: 2, maxCharacters: 1_000 });
    const novitaIds = ['n1', 'n2', 'n3'] as NovitaInstanceId[];
    const [first, second, third] = novitaIds.map((novitaInstanceId) => anInstance({ novitaInstanceId })) as [
      InstanceRecord,
      InstanceRecord,
      InstanceRecord,
    ];
    remembered.remember(first.id, '1-a', first, 10);
    remembered.remember(second.id, '1-a', second, 10);
    expect(remembered.named('by-novita-id', 'n1')).toMatchObject({ id: first.id, remembered: { record: first } });
    expect(remembered.named('by-marker', second.marker)?.id).toBe(second.id);
    expect(remembered.named('by-marker', 'n1')).toBeNull();

    const taken = { ...second, novitaInstanceId: first.novitaInstanceId, marker: '', revision: 2 };
    remembered.remember(second.id, '2-a', taken, 10);
    expect(remembered.named('by-novita-id', 'n1')?.id).toBe(second.id);
    expect(remembered.named('by-novita-id', 'n2')).toBeNull();
    expect(remembered.named('by-marker', second.marker)).toBeNull();

    remembered.remember(third.id, '1-a', third, 10);
    expect(remembered.named('by-marker', first.marker)).toBeNull();
    expect(remembered.named('by-novita-id', 'n1')?.id).toBe(second.id);
    remembered.forget(second.id);
    expect(remembered.named('by-novita-id', 'n1')).toBeNull();
    remembered.remember(first.id, '3-a', first, 5_000);
    expect(remembered.named('by-novita-id', 'n1')).toBeNull();
  });
});
