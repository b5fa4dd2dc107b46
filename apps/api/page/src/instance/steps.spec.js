import { describe, expect, it } from 'vitest';
import { anInstance } from '../fleet/instance.spec.fixture.js';
import { INSTANCE_STATUSES } from '../fleet/status.js';
import { stepsOf } from './steps.js';

const AT = '2026-03-01T10:00:00.000Z';
const LATER = '2026-03-01T11:00:00.000Z';

/** @param {Partial<import('./steps.js').Instance>} members */
const way = (members) => stepsOf(anInstance(members)).map(({ name, state }) => `${name} ${state}`);

describe('the way of an instance', () => {
  it('is behind it when it is ready', () => {
    expect(way({ status: 'ready', startedAt: AT, readyAt: LATER })).toEqual([
      'asked done',
      'made done',
      'started done',
      'answering done',
      'ready done',
    ]);
  });

  it('shows what goes on and what is to come', () => {
    expect(way({ status: 'creating' })).toEqual([
      'asked done',
      'made now',
      'started next',
      'answering next',
      'ready next',
    ]);
    const probe = { port: 1, protocol: /** @type {const} */ ('http'), at: AT, detail: '' };
    const probing = anInstance({ status: 'health_checking', probes: [{ ...probe, ok: false }] });
    expect(stepsOf(probing).find(({ state }) => state === 'now')).toMatchObject({
      name: 'answering',
      ports: { ok: 0, all: 1 },
    });
  });

  it('ends where it failed', () => {
    const lastError = { code: 'x', message: 'No image.', at: LATER, retryable: false, suggestion: '' };
    const steps = stepsOf(anInstance({ status: 'failed', desiredAt: LATER, lastError }));
    expect(steps.at(-1)).toMatchObject({ name: 'started', state: 'failed', at: LATER });
  });

  it('goes on with the stop, and leaves out what never came', () => {
    const members = /** @type {const} */ ({ desired: 'stopped', desiredBy: 'auto-stop', desiredAt: LATER });
    expect(way({ ...members, status: 'stopping', startedAt: AT, readyAt: AT }).slice(-2)).toEqual([
      'stopAsked done',
      'stopped now',
    ]);
    const stopped = stepsOf(anInstance({ ...members, status: 'stopped', stoppedAt: LATER }));
    expect(stopped.at(-1)).toEqual({ name: 'stopped', state: 'done', at: LATER });
    expect(way({ ...members, desired: 'deleted', status: 'terminated' }).at(-1)).toBe('deleted done');
  });

  it('knows of one made elsewhere only what Novita says', () => {
    expect(way({ origin: 'discovered', status: 'running' })).toEqual(['made done', 'started done']);
    expect(way({ origin: 'discovered', status: 'stopped', desired: 'stopped' }).at(-1)).toBe('stopped done');
  });

  it('shows a move to another machine', () => {
    const migration = { state: /** @type {const} */ ('under-way'), reclaimSeenAt: AT, attempts: 1 };
    expect(way({ status: 'migrating', migration }).at(-1)).toBe('moved now');
    expect(way({ status: 'ready', readyAt: AT, migratedAt: LATER }).at(-1)).toBe('moved done');
  });

  it('is never without a beginning, and has one step at most that goes on', () => {
    for (const status of INSTANCE_STATUSES) {
      for (const desired of /** @type {const} */ (['running', 'stopped', 'deleted'])) {
        const steps = stepsOf(anInstance({ status, desired }));
        expect(steps[0]?.name).toBe('asked');
        expect(stepsOf(anInstance({ status, desired, origin: 'discovered' }))[0]?.name).toBe('made');
        expect(steps.filter(({ state }) => state === 'now' || state === 'failed').length).toBeLessThanOrEqual(2);
      }
    }
  });
});
