import { describe, expect, it } from 'vitest';
import { disabledCount, endpointGets, endpointState, lastAnswer } from './webhook-messages.js';

const AT = '2026-03-01T10:00:00.000Z';

/** @param {Partial<import('./webhook-messages.js').Endpoint>} [change] */
const anEndpoint = (change = {}) => ({
  id: 'whe_1',
  kind: /** @type {const} */ ('managed'),
  origin: 'https://a.example',
  types: [],
  filter: {},
  ordered: false,
  hold: false,
  state: /** @type {const} */ ('active'),
  secrets: [],
  createdAt: AT,
  createdBy: 'user:ci',
  revision: 1,
  ...change,
});

describe('the state of a webhook', () => {
  it('is well, failing, paused or off, with why and since when', () => {
    expect(endpointState(anEndpoint())).toEqual({ text: 'Active', tone: 'ok', remark: '', since: null });
    expect(endpointState(anEndpoint({ failingSince: AT }))).toEqual({
      text: 'Failing',
      tone: 'warn',
      remark: 'First failure',
      since: AT,
    });
    const paused = anEndpoint({ state: 'paused', stateSince: AT, pausedBy: 'user:root' });
    expect(endpointState(paused)).toMatchObject({ remark: 'By Key root', since: AT });
    const off = anEndpoint({ state: 'disabled', stateSince: AT, disabledReason: 'gone-410' });
    expect(endpointState(off)).toEqual({
      text: 'Switched off',
      tone: 'bad',
      remark: 'It answered that it is gone (410)',
      since: AT,
    });
    expect(endpointState(anEndpoint({ state: 'disabled' }))).toMatchObject({
      remark: 'It is not known why',
      since: null,
    });
  });

  it('is counted when it is off, but not when it was taken out of the settings', () => {
    const off = /** @type {const} */ ('disabled');
    const endpoints = ['gone-410', 'failed-5-days', 'unset'].map((disabledReason) =>
      anEndpoint({ state: off, disabledReason }),
    );
    expect(disabledCount([...endpoints, anEndpoint()])).toBe(2);
  });
});

it('says what a webhook gets', () => {
  expect(endpointGets(anEndpoint())).toBe('All events');
  const narrow = anEndpoint({ types: ['sync.*', 'spend.*'], filter: { region: 'EU-01' }, ordered: true });
  expect(endpointGets(narrow)).toBe('2 kinds of events · Only of some instances · In order');
});

it('says what came of the last try', () => {
  const attempt = { at: AT, durationMs: 5, result: /** @type {const} */ ('rejected') };
  expect(lastAnswer({ attempts: [] })).toBe('No answer');
  expect(lastAnswer({ attempts: [attempt, { ...attempt, status: 500 }] })).toBe('Answered 500');
  expect(lastAnswer({ attempts: [{ ...attempt, message: 'connection refused' }] })).toBe('connection refused');
});
