import { describe, expect, it } from 'vitest';
import { applicable, applicableOnView, bulkActions, rowActions } from './actions.js';
import { anInstance } from './fleet/instance.spec.fixture.js';
import { INSTANCE_STATUSES } from './fleet/status.js';

const OPERATOR = { may: () => true };
const VIEWER = { may: (/** @type {string} */ role) => role === 'viewer' };

/** Every status with every desired state and origin. */
const ALL = INSTANCE_STATUSES.flatMap((status) =>
  /** @type {const} */ (['running', 'stopped', 'deleted']).flatMap((desired) =>
    /** @type {const} */ (['managed', 'adopted', 'discovered']).map((origin) =>
      anInstance({ status, desired, origin }),
    ),
  ),
);

describe('what a row offers', () => {
  it('is all that fits, each once, with one or two of it at hand', () => {
    for (const instance of ALL) {
      const { main, more } = rowActions(instance, OPERATOR);
      expect([...main, ...more].sort()).toEqual([...applicable(instance, OPERATOR)].sort());
      expect(main.length).toBeLessThanOrEqual(2);
      expect(more.length).not.toBe(1);
      expect(main.length + more.length).toBeGreaterThan(0);
    }
  });

  it('is the explanation alone for who may not command', () => {
    for (const instance of ALL) expect(rowActions(instance, VIEWER)).toEqual({ main: ['explain'], more: [] });
  });

  it('has at hand what one most likely wants', () => {
    const main = (/** @type {Parameters<typeof anInstance>[0]} */ members) =>
      rowActions(anInstance(members), OPERATOR).main;
    expect(main({})).toEqual(['stop']);
    expect(main({ status: 'stopped', desired: 'stopped' })).toEqual(['start']);
    expect(main({ status: 'failed', desired: 'stopped' })).toEqual(['start', 'explain']);
    expect(main({ origin: 'discovered' })).toEqual(['adopt']);
    expect(main({ status: 'terminated', desired: 'deleted' })).toEqual(['explain']);
  });

  it('ends a menu with what cannot be undone', () => {
    expect(rowActions(anInstance({}), OPERATOR).more).toEqual(['restart', 'keepBusy', 'autoStop', 'explain', 'delete']);
  });
});

describe('what the view of one instance offers', () => {
  /** @param {Parameters<typeof anInstance>[0]} members */
  const more = (members) => {
    const instance = anInstance(members);
    const inRow = applicable(instance, OPERATOR);
    return applicableOnView(instance, OPERATOR).filter((name) => !inRow.includes(name));
  };

  it('is also another one like it, and the end of keeping it busy while that lasts', () => {
    const lease = { until: new Date(Date.now() + 60_000).toISOString(), by: 'user:ci', reason: 'training' };
    expect(more({})).toEqual(['createLike', 'notify']);
    expect(more({ autoStop: { lease } })).toEqual(['endLease', 'createLike', 'notify']);
    expect(more({ autoStop: { lease: { ...lease, until: '2026-03-01T10:00:00.000Z' } } })).toEqual([
      'createLike',
      'notify',
    ]);
    expect(more({ status: 'terminated', desired: 'deleted' })).toEqual(['createLike']);
  });

  it('is nothing but the explanation and notices for who may not command', () => {
    for (const instance of ALL) {
      const isGone = instance.status === 'terminated';
      expect(applicableOnView(instance, VIEWER)).toEqual(isGone ? ['explain'] : ['notify', 'explain']);
    }
  });
});

/** @param {Partial<import('./net/api-types.js').Instance>} members */
const commands = (members) =>
  applicable(anInstance({ novitaInstanceId: 'n1', ...members }), OPERATOR)
    .filter((name) => name !== 'explain')
    .sort();

describe('what can be asked of an instance', () => {
  it('is everything but a start while it runs', () => {
    expect(commands({})).toEqual(['autoStop', 'delete', 'keepBusy', 'restart', 'stop']);
  });

  it('is a start, and no lease or restart, while it is stopped', () => {
    expect(commands({ status: 'stopped', desired: 'stopped' })).toEqual(['autoStop', 'delete', 'start']);
  });

  it('keeps a lease reachable that can still be ended', () => {
    const lease = { until: '2026-03-01T10:00:00.000Z', by: 'user:ci', reason: 'training' };
    expect(commands({ status: 'stopped', desired: 'stopped', autoStop: { lease } })).toContain('keepBusy');
  });

  it('goes by the desired state: what is stopping can be started, what is starting can be stopped', () => {
    expect(commands({ status: 'stopping', desired: 'stopped' })).toContain('start');
    expect(commands({ status: 'starting' })).toContain('stop');
    expect(commands({ status: 'starting' })).not.toContain('restart');
  });

  it('is to adopt or to ignore one that was made elsewhere', () => {
    expect(commands({ origin: 'discovered' })).toEqual(['adopt', 'ignore']);
  });

  it('is nothing for one that is leaving or gone, whoever made it', () => {
    for (const origin of /** @type {const} */ (['managed', 'adopted', 'discovered'])) {
      expect(commands({ origin, status: 'terminated' })).toEqual([]);
      expect(commands({ origin, status: 'deleting', desired: 'deleted' })).toEqual([]);
    }
  });

  it('changes nothing about the machine during a migration', () => {
    expect(commands({ status: 'migrating' })).toEqual(['autoStop', 'keepBusy']);
  });
});

describe('what can be asked of several at once', () => {
  const bulk = bulkActions(OPERATOR, async () => undefined);
  /** @param {string} command @param {Parameters<typeof anInstance>[0]} members */
  const objection = (command, members) => bulk.find(({ action }) => action === command)?.objection(anInstance(members));

  it('is all but to explain, and nothing for who may not command', () => {
    expect(bulk.map(({ action }) => action)).toEqual([
      'adopt',
      'ignore',
      'start',
      'stop',
      'restart',
      'keepBusy',
      'autoStop',
      'delete',
    ]);
    expect(bulkActions(VIEWER, async () => undefined)).toEqual([]);
  });

  it('fits where the row offers it, and has a reason where it does not', () => {
    const objections = ALL.flatMap((instance) =>
      bulk.map(({ action, objection }) => {
        const reason = objection(instance);
        expect(reason === '').toBe(applicable(instance, OPERATOR).includes(action));
        return reason;
      }),
    ).filter((reason) => reason !== '');
    expect(objections.length).toBeGreaterThan(0);
    expect(objections.filter((reason) => !reason.startsWith('it '))).toEqual([]);
  });

  it('says a reason that fits', () => {
    expect(objection('start', {})).toBe('it is started or starting already');
    expect(objection('stop', { desired: 'stopped', status: 'stopped' })).toBe('it is stopped or stopping already');
    expect(objection('restart', { desired: 'stopped', status: 'stopped' })).toBe('it does not run');
    expect(objection('stop', { origin: 'discovered' })).toBe('it was made elsewhere; adopt it first');
  });
});
