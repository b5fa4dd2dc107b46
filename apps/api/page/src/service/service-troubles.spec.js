import { describe, expect, it } from 'vitest';
import { serviceTroubles } from './service-troubles.js';

const WELL = {
  status: 'ok',
  details: { novita: { status: 'up', state: 'up' }, workers: { status: 'up', alive: true } },
};

/** @param {Partial<import('../net/api-types.js').SyncStatus>} members @returns {import('../net/api-types.js').SyncStatus} */
const sync = (members) => ({
  status: 'completed',
  totalResources: 0,
  syncedResources: 0,
  resourceStatus: [],
  ...members,
});

/** @param {Partial<import('./service-troubles.js').ServiceFacts>} facts */
const keysOf = (facts) =>
  serviceTroubles({ isReachable: true, health: WELL, sync: sync({}), mayCommand: true, ...facts }).map(
    ({ key }) => key,
  );

/** @param {Readonly<Record<string, unknown>>} novita */
const withNovita = (novita) => ({
  status: 'degraded',
  details: { ...WELL.details, novita: { status: 'down', ...novita } },
});

describe('what keeps the service from working', () => {
  it('is nothing while all is well, and not said of an API that is silent', () => {
    expect(keysOf({})).toEqual([]);
    expect(keysOf({ health: null, sync: null })).toEqual([]);
    expect(keysOf({ isReachable: false, health: withNovita({ trouble: 'key-refused' }) })).toEqual([]);
  });

  it('tells a wrong key from a Novita that is away or fails', () => {
    expect(keysOf({ health: withNovita({ trouble: 'key-refused' }) })).toEqual(['novita-key-refused']);
    expect(keysOf({ health: withNovita({}) })).toEqual(['novita-away']);
    expect(keysOf({ health: withNovita({ state: 'unknown' }) })).toEqual([]);
    /** @type {any} */
    const resourceStatus = [{ status: 'failed' }];
    const [trouble] = serviceTroubles({
      isReachable: true,
      health: WELL,
      sync: sync({ status: 'failed', resourceStatus }),
      mayCommand: true,
    });
    expect(trouble).toMatchObject({ key: 'novita-fails', remedy: 'sync' });
  });

  it('is a worker that does not run, and says that money goes on', () => {
    const health = { status: 'ok', details: { ...WELL.details, workers: { status: 'up', alive: false } } };
    expect(keysOf({ health, sync: sync({ status: 'not_started' }) })).toEqual(['no-worker']);
    expect(serviceTroubles({ isReachable: true, health, sync: null, mayCommand: false })[0]?.text).toContain(
      'goes on costing',
    );
  });

  it('is that nothing was listed yet, where nothing else explains it', () => {
    expect(keysOf({ sync: sync({ status: 'not_started' }) })).toEqual(['never-listed']);
    expect(keysOf({ sync: sync({ status: 'in_progress' }) })).toEqual([]);
    const [failed] = serviceTroubles({
      isReachable: true,
      health: WELL,
      sync: sync({ status: 'failed' }),
      mayCommand: true,
    });
    expect(failed).toMatchObject({
      key: 'never-listed',
      text: expect.stringMatching(/not known.*sync now to try at once\.$/),
    });
    expect(keysOf({ sync: sync({ status: 'not_started', instancesAsOf: '2026-03-01T10:00:00.000Z' }) })).toEqual([]);
    expect(keysOf({ sync: sync({ status: 'not_started' }), health: withNovita({}) })).toEqual(['novita-away']);
  });
});
