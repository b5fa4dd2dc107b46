import { buildMarker } from '@app/instance-store';
import { describe, expect, it } from 'vitest';
import { at } from '../../test/fakes/a-run.js';
import { aListedInstance, novitaId } from '../../test/fakes/listing-novita.js';
import { NO_PRICES } from '../catalogue/price-book.js';
import { standInRecord } from './stand-in-fleet.js';

const observedAt = (seconds: number) => ({ at: at(seconds), prices: NO_PRICES });
const OURS = buildMarker('ours', '01JQ7ZC8M4T5V6W7X8Y9ZABCDE');

describe('the record by a listing alone, while its record cannot be read', () => {
  it('is that it is ours, by the marker in its name', () => {
    const item = aListedInstance({ id: novitaId(7), name: `train${OURS}`, status: 'running' });
    expect(standInRecord(item, 'ours', observedAt(5))).toMatchObject({
      id: novitaId(7),
      novitaInstanceId: novitaId(7),
      name: 'train',
      marker: OURS,
      origin: 'managed',
      status: 'running',
      desired: { state: 'running', by: 'sync' },
      observedAt: at(5),
      source: 'list',
      // Nobody looks after it.
      deadlines: {},
    });
  });

  it.each([
    ['carries the marker of another fleet', `train${buildMarker('them', '01JQ7ZC8M4T5V6W7X8Y9ZABCDE')}`, 'ours'],
    ['carries a marker of the older form', 'train-nfou4t5v6w7x8y', 'ours'],
    ['carries none', 'train', 'ours'],
    ['carries one, while nobody knows which is ours', `train${OURS}`, null],
  ])('is that it was made elsewhere when its name %s', (_, name, fleetId) => {
    const record = standInRecord(aListedInstance({ name, status: 'running' }), fleetId, observedAt(5));
    expect(record).toMatchObject({ origin: 'discovered', marker: '', name });
  });

  it.each([
    ['running', 'running', 'running'],
    ['exited', 'stopped', 'stopped'],
    ['stopping', 'stopping', 'stopped'],
    ['removing', 'deleting', 'deleted'],
  ])('has what it does for what is desired: %s', (status, ours, desired) => {
    const record = standInRecord(aListedInstance({ name: `train${OURS}`, status }), 'ours', observedAt(5));
    expect([record.status, record.desired.state]).toEqual([ours, desired]);
  });

  it('is the same in every process, and has another revision with every listing', () => {
    const item = aListedInstance({ name: `train${OURS}` });
    expect(standInRecord(item, 'ours', observedAt(5))).toEqual(standInRecord({ ...item }, 'ours', observedAt(5)));
    const revision = standInRecord(item, 'ours', observedAt(5)).revision;
    expect(standInRecord(item, 'ours', observedAt(35)).revision).toBe(revision + 30);
  });
});
