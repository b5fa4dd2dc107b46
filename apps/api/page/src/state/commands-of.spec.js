import { describe, expect, it } from 'vitest';
import { INSTANCE_STATUSES } from '../format/status.js';
import { commandsFor, whyNot } from './commands-of.js';

/** @param {Partial<import('../http/api-types.js').Instance>} members */
const instance = (members) =>
  /** @type {import('../http/api-types.js').Instance} */ ({
    status: 'ready',
    origin: 'managed',
    desired: 'running',
    novitaInstanceId: 'n1',
    autoStop: {},
    ...members,
  });

/** @param {Partial<import('../http/api-types.js').Instance>} members */
const commands = (members) => [...commandsFor(instance(members))].sort();

describe('what can be asked of an instance', () => {
  it('is everything but a start while it runs', () => {
    expect(commands({})).toEqual(['autoStop', 'delete', 'lease', 'restart', 'stop']);
  });

  it('is a start, and no lease or restart, while it is stopped', () => {
    expect(commands({ status: 'stopped', desired: 'stopped' })).toEqual(['autoStop', 'delete', 'start']);
  });

  it('keeps a lease reachable that can still be ended', () => {
    const lease = { until: '2026-03-01T10:00:00.000Z', by: 'user:ci', reason: 'training' };
    expect(commands({ status: 'stopped', desired: 'stopped', autoStop: { lease } })).toContain('lease');
  });

  it('goes by the wish: what is stopping can be started, what is starting can be stopped', () => {
    expect(commands({ status: 'stopping', desired: 'stopped' })).toContain('start');
    expect(commands({ status: 'starting' })).toContain('stop');
    expect(commands({ status: 'starting' })).not.toContain('restart');
  });

  it('is adoption alone for one that was made elsewhere', () => {
    expect(commands({ origin: 'discovered' })).toEqual(['adopt']);
  });

  it('is nothing for one that is leaving or gone, whoever made it', () => {
    for (const origin of /** @type {const} */ (['managed', 'adopted', 'discovered'])) {
      expect(commands({ origin, status: 'terminated' })).toEqual([]);
      expect(commands({ origin, status: 'deleting', desired: 'deleted' })).toEqual([]);
    }
  });

  it('changes nothing about the machine during a migration', () => {
    expect(commands({ status: 'migrating' })).toEqual(['autoStop', 'lease']);
  });
});

it('has a reason for every command that does not fit', () => {
  const states = INSTANCE_STATUSES.flatMap((status) =>
    /** @type {const} */ (['managed', 'adopted', 'discovered']).map((origin) => instance({ status, origin })),
  );
  const commands = /** @type {const} */ (['start', 'stop', 'restart', 'delete']);
  const reasons = states.flatMap((one) =>
    commands.filter((command) => !commandsFor(one).has(command)).map((command) => whyNot(command, one)),
  );
  expect(reasons.length).toBeGreaterThan(0);
  expect(reasons.filter((reason) => !reason.startsWith('it '))).toEqual([]);
});

it('tells why in words that fit', () => {
  expect(whyNot('start', instance({}))).toBe('it is started or starting already');
  expect(whyNot('stop', instance({ desired: 'stopped', status: 'stopped' }))).toBe('it is stopped or stopping already');
  expect(whyNot('restart', instance({ desired: 'stopped', status: 'stopped' }))).toBe('it does not run');
  expect(whyNot('stop', instance({ origin: 'discovered' }))).toBe('it was made elsewhere; adopt it first');
});
