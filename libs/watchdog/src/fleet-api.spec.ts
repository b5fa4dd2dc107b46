import { describe, expect, it } from 'vitest';
import { watchedIn } from './fleet-api.js';

const EARLY = '2026-03-01T10:00:00.000Z';
const LATE = '2026-03-01T11:00:00.000Z';
const item = { id: 'ins_1', novitaInstanceId: 'n1', name: 'llama', marker: '-nfabcd', desired: 'running' };

describe('the deadline that is remembered of an instance', () => {
  it.each([
    ['when it would be idle for too long', { autoStopAt: EARLY }, EARLY],
    ['the end of its lifetime', { lifetime: { maxMinutes: 60, endsAt: EARLY } }, EARLY],
    ['the end of its lifetime, if that is earlier', { autoStopAt: LATE, lifetime: { endsAt: EARLY } }, EARLY],
    ['when it would be idle, if that is earlier', { autoStopAt: EARLY, lifetime: { endsAt: LATE } }, EARLY],
    [
      'when its stop was decided, until Novita confirms it',
      { desired: 'stopped', desiredAt: EARLY, confirmedAt: null },
      EARLY,
    ],
    [
      'when its deletion was decided',
      { desired: 'deleted', desiredAt: LATE, confirmedAt: null, autoStopAt: EARLY },
      LATE,
    ],
  ])('is %s', (_, members, stopAt) => {
    expect(watchedIn({ ...item, ...members })).toMatchObject([{ id: 'ins_1', marker: '-nfabcd', stopAt }]);
  });

  it.each([
    ['has none', {}],
    ['is stopped', { desired: 'stopped', desiredAt: EARLY, confirmedAt: EARLY, lifetime: { endsAt: EARLY } }],
    ['is unknown at Novita', { novitaInstanceId: null, lifetime: { endsAt: EARLY } }],
    ['has one that is no time', { lifetime: { endsAt: 'soon' }, autoStopAt: 5 }],
  ])('is nothing for one that %s', (_, members) => {
    expect(watchedIn({ ...item, ...members })).toEqual([]);
  });
});
