import { expect, it } from 'vitest';
import { filterIn, pathOf, queryOf, wantedTypes } from './activity-filter.js';
import { EVENT_TYPES, isActivity } from './event-kinds.js';

it('is the same in the address, whatever else stands there', () => {
  const filter = filterIn(new URLSearchParams('?search=llama+3&kinds=problems,stops,nonsense&tab=events'));
  expect(filter).toEqual({ kinds: ['stops', 'problems'], search: 'llama 3' });
  expect(queryOf(filter)).toBe('?kinds=stops,problems&search=llama+3');
  expect(filterIn(new URLSearchParams(queryOf(filter)))).toEqual(filter);
  expect(queryOf({ kinds: [], search: '' })).toBe('');
});

it('leaves out small changes unless they are asked for', () => {
  expect(wantedTypes({ kinds: [], search: '' })).not.toContain('instance.updated');
  expect(wantedTypes({ kinds: ['changes'], search: '' })).toEqual(['instance.updated']);
  expect(wantedTypes({ kinds: [], search: '' })).toHaveLength(EVENT_TYPES.length - 1);
});

it('takes only events of instances when instances are searched for', () => {
  expect(wantedTypes({ kinds: ['syncs'], search: 'llama' })).toEqual([]);
  expect(wantedTypes({ kinds: ['problems'], search: 'llama' })).not.toContain('sync.failed');
});

it('asks the API for types, instances and the next page', () => {
  const path = pathOf({ kinds: ['syncs'], search: '' }, null, 50, null);
  expect(path).toBe('/api/v1/activity?limit=50&types=sync.started%2Csync.completed');
  expect(pathOf({ kinds: ['changes'], search: 'a' }, ['ins_1', 'ins_2'], 50, '7-0')).toBe(
    '/api/v1/activity?limit=50&types=instance.updated&instance=ins_1%2Cins_2&cursor=7-0',
  );
});

it('knows its events from what the stream says of itself, and from those that it does not know', () => {
  const data = { id: '1-0', at: '2026-03-01T10:00:00.000Z', type: 'instance.ready' };
  expect(isActivity('instance.ready', data)).toBe(true);
  expect(isActivity('connected', data)).toBe(false);
  expect(isActivity('toString', data)).toBe(false);
  expect(isActivity('instance.ready', { ...data, id: undefined })).toBe(false);
  expect(isActivity('instance.ready', null)).toBe(false);
});
