import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, FakeClock } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InstanceRecords } from '../ports/instance-records.port.js';
import type { ReadMarks, ReportedUse, UsesRead } from '../ports/read-marks.port.js';
import type { InstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { FleetCopy } from './fleet-copy.js';
import { StoredFleet } from './stored-fleet.js';

const AT_A_TIME = 50;
const BEGIN = Date.UTC(2026, 0, 1);
const at = (seconds: number): Timestamp => timestampFromMs(BEGIN + seconds * 1_000);

describe('the latest uses in the copy', () => {
  /** All that were reported; those before `kept` are gone. */
  let uses: ReportedUse[];
  let kept: number;
  let pieces: number;
  let askedOf: number;
  let copy: FleetCopy;
  let stored: StoredFleet;
  let records: readonly InstanceRecord[];

  const latestOf = (id: InstanceId): Timestamp | null => uses.findLast((use) => use.id === id)?.at ?? null;
  const marks = (): Partial<ReadMarks> => ({
    latestUse: () => Promise.resolve(String(uses.length)),
    usesAfter: (position): Promise<UsesRead | null> => {
      const from = Number(position);
      if (from < kept) return Promise.resolve(null);
      pieces += 1;
      const read = uses.slice(from, from + AT_A_TIME);
      const end = from + read.length;
      return Promise.resolve({ position: String(end), feedPosition: '0-0', uses: read, hasMore: end < uses.length });
    },
    versions: (ids) => {
      askedOf += ids.length;
      return Promise.resolve(ids.map((id) => ({ revision: 1, lastUsedAt: latestOf(id) })));
    },
  });
  const lastUsed = (): readonly (Timestamp | null | undefined)[] => {
    const known = new Map(Array.from(copy.confirmed(), ({ record, lastUsedAt }) => [record.id, lastUsedAt]));
    return records.map(({ id }) => known.get(id));
  };

  const setUp = async (instances: number): Promise<void> => {
    [uses, kept, pieces, askedOf] = [[], 0, 0, 0];
    copy = new FleetCopy(new FakeClock(BEGIN));
    stored = new StoredFleet({} as InstanceRecords, marks() as ReadMarks, copy);
    records = Array.from({ length: instances }, () => anInstance({ status: 'ready', revision: 1 }));
    for (const record of records) copy.apply(record.id, record);
    await stored.readUses();
    [pieces, askedOf] = [0, 0];
  };
  const use = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const { id } = records[n % records.length] ?? anInstance();
      uses.push({ id, at: at(uses.length) });
    }
  };

  beforeEach(() => setUp(200));

  it('are read from those that were reported since the last time, piece by piece', async () => {
    use(190);
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([4, 0]);
    use(10);
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([5, 0]);
    expect(lastUsed()).toEqual(records.map(({ id }) => latestOf(id)));
  });

  it('are read of all that can be idle when some are gone, and from the reports again after that', async () => {
    use(60);
    kept = 1;
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([0, 200]);
    expect(lastUsed()).toEqual(records.map(({ id }) => latestOf(id)));
    use(10);
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([1, 200]);
  });

  it('are read of all that can be idle when there are more reports than of those', async () => {
    await setUp(60);
    use(3_000);
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([2, 60]);
    expect(lastUsed()).toEqual(records.map(({ id }) => latestOf(id)));
    use(10);
    await stored.readUses();
    expect([pieces, askedOf]).toEqual([3, 60]);
  });
});
