import { describe, expect, it } from 'vitest';
import { HttpClient } from '../net/http-client.js';
import { Store } from '../ui/store.js';
import { Fleet } from './fleet.js';

describe('how auto-stop is at present', () => {
  const fleet = new Fleet(new HttpClient('the-key'), 'the-key');
  /** @param {string} state of the store @param {boolean} [alive] whether a worker is */
  const health = (state, alive = true) => {
    const details = { store: { status: 'up', state }, workers: { status: alive ? 'up' : 'down', alive } };
    return new Store(/** @type {import('./fleet.js').Health | null} */ ({ status: 'degraded', details }));
  };

  it('is not known before anything was read', () => {
    expect(fleet.autoStop()).toBeUndefined();
  });

  it('is that it does nothing while Redis is away, whatever was read before', () => {
    fleet.health = health('degraded');
    expect(fleet.autoStop()).toEqual({ enabled: true, suspended: 'Redis is away' });
    fleet.health = health('following');
    expect(fleet.autoStop()).toBeUndefined();
  });

  it('is that it does nothing while no worker runs', () => {
    fleet.health = health('following', false);
    expect(fleet.autoStop()).toEqual({ enabled: true, suspended: 'no worker is running' });
  });
});
