import type { Timestamp } from '@app/platform';
import { streamPosition } from '@app/redis';
import { anInstance } from '@app/testing';
import { expect, it } from 'vitest';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import { feedVerdict, withoutSecondRecords } from './data-loss.js';

const at = (id: string) => streamPosition(id) ?? expect.unreachable();

it.each([
  ['whole', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '9-0', holds: true }],
  ['whole', 'a', '0-0', { incarnation: 'a', first: '0-0', latest: '0-0', holds: false }],
  ['trimmed', 'a', '5-0', { incarnation: 'a', first: '6-0', latest: '9-0', holds: false }],
  ['trimmed', 'a', '0-0', { incarnation: 'a', first: '6-0', latest: '9-0', holds: false }],
  // The end of the append-only file is gone, and nobody has written since, or somebody has.
  ['lost', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '4-0', holds: false }],
  ['lost', 'a', '5-0', { incarnation: 'a', first: '1-0', latest: '9-0', holds: false }],
  // Emptied, and nobody or somebody has written since, at whatever time.
  ['lost', 'a', '5-0', { incarnation: null, first: '0-0', latest: '0-0', holds: false }],
  ['lost', 'a', '5-0', { incarnation: 'b', first: '6-0', latest: '9-0', holds: false }],
  ['lost', 'a', '0-0', { incarnation: 'b', first: '6-0', latest: '9-0', holds: false }],
  // Not read before: there is nothing to lose.
  ['trimmed', null, '0-0', { incarnation: null, first: '6-0', latest: '9-0', holds: false }],
] as const)('a feed is %s, known as %s up to %s, that is %j', (verdict, incarnation, position, state) => {
  expect(feedVerdict({ incarnation, position: at(position) }, state)).toBe(verdict);
});

it('a sync that has made second records of instances that are known does not have them written back', () => {
  const stored = (n: number, novitaId: string, marker: string, by: 'sync' | 'user:a') => ({
    record: anInstance({
      id: `ins_${String(n).padStart(26, '0')}` as InstanceId,
      novitaInstanceId: novitaId as NovitaInstanceId,
      marker,
      desired: { state: 'running', at: '2026-01-01T00:00:00.000Z' as Timestamp, by },
    }),
    lastUsedAt: null,
  });
  const first = stored(1, 'n1', '-nf1', 'user:a');
  const secondById = stored(3, 'n1', '-nf3', 'sync');
  const secondByMarker = stored(4, 'n4', '-nf1', 'sync');
  const other = stored(5, 'n5', '', 'sync');
  // Somebody has given it a desired state of its own, so it is not taken away.
  const decided = stored(6, 'n1', '-nf6', 'user:a');
  expect(withoutSecondRecords([secondById, first, secondByMarker, other, decided])).toEqual([first, other, decided]);
});
