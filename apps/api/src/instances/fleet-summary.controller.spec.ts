import type { NovitaInstanceId } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../test/support/test-api.js';

const NOW = Date.UTC(2026, 0, 1, 12);
const ago = (minutes: number): Timestamp => timestampFromMs(NOW - minutes * 60_000);

describe('GET /instances/summary', () => {
  let api: TestApi;
  let made = 0;

  beforeAll(async () => {
    api = await TestApi.start();
    for (const overrides of FLEET) {
      made += 1;
      api.store.put(anInstance({ novitaInstanceId: `n${made}` as NovitaInstanceId, ...overrides }));
    }
  });
  afterAll(async () => {
    await api.stop();
  });

  const FLEET: readonly InstanceOverrides[] = [
    { status: 'ready', price: { usdPerHour: 1 }, timestamps: { ready: ago(60) }, createdBy: 'user:a' },
    { status: 'ready', price: { usdPerHour: 2 }, timestamps: { ready: ago(1) }, spec: { region: 'EU-01' } },
    { status: 'stopped', price: { usdPerHour: 4 }, spec: { billingMode: 'monthly', region: null } },
    { status: 'starting', price: { usdPerHour: null } },
    { status: 'failed', price: { usdPerHour: 8 }, missingSince: ago(5) },
    { status: 'running', price: { usdPerHour: 16 }, origin: 'discovered', createdBy: null },
    { status: 'terminated', price: { usdPerHour: 32 } },
  ];

  it('reports no figure before a listing has completed, but why', async () => {
    const { status, json } = await api.send({ url: '/api/v1/instances/summary', as: 'viewer' });
    expect([status, json['figures'], json['unknown']]).toEqual([
      200,
      null,
      expect.objectContaining({ code: 'first-listing-under-way' }),
    ]);
    api.sync.set({ instancesAsOf: ago(1) });
  });

  it('adds up what matches, as of one moment', async () => {
    const { headers, json } = await api.send({ url: '/api/v1/instances/summary', as: 'viewer' });
    expect(headers['x-data-as-of']).toBe(ago(0));
    const none = { instances: 0, usdPerHour: 0 };
    expect(json).toEqual({
      asOf: ago(0),
      figures: {
        total: 6,
        costUsdPerHour: 31,
        running: { instances: 5, usdPerHour: 27 },
        billedThoughStopped: { instances: 1, usdPerHour: 4 },
        unpriced: 1,
        idle: {
          asOf: ago(0),
          instances: 2,
          usdPerHour: 17,
          unpriced: 0,
          byReason: {
            due: { instances: 1, usdPerHour: 1 },
            notYetDue: none,
            autoStopOff: none,
            monthly: none,
            useNotKnown: { instances: 1, usdPerHour: 16 },
          },
        },
        attention: { instances: 1, byReason: { failed: 1, unconfirmed: 0, overdue: 0, missing: 1 } },
        orphans: { instances: 1, usdPerHour: 16 },
        byStatus: {
          ready: { instances: 2, usdPerHour: 3 },
          stopped: { instances: 1, usdPerHour: 4 },
          starting: { instances: 1, usdPerHour: 0 },
          failed: { instances: 1, usdPerHour: 8 },
          running: { instances: 1, usdPerHour: 16 },
        },
        byRegion: {
          'CN-HK-01': { instances: 4, usdPerHour: 25 },
          'EU-01': { instances: 1, usdPerHour: 2 },
          unknown: { instances: 1, usdPerHour: 4 },
        },
        byProduct: { 'RTX 4090 24GB': { instances: 6, usdPerHour: 31 } },
        byOwner: {
          'user:a': { instances: 1, usdPerHour: 1 },
          'user:test': { instances: 4, usdPerHour: 14 },
          elsewhere: { instances: 1, usdPerHour: 16 },
        },
        byBilling: { onDemand: { instances: 5, usdPerHour: 27 }, monthly: { instances: 1, usdPerHour: 4 } },
        byOrigin: { managed: { instances: 5, usdPerHour: 15 }, discovered: { instances: 1, usdPerHour: 16 } },
      },
    });
  });

  it.each([
    ['show=idle', 2, 17],
    ['idleReason=due,notYetDue', 1, 1],
    ['show=billed-though-stopped', 1, 4],
    ['show=attention', 1, 8],
    ['attention=unconfirmed', 0, 0],
    ['owner=user:a,elsewhere', 2, 17],
    ['status=all', 7, 31],
    ['search=N2', 1, 2],
  ])('takes the filter %s of the list', async (query, total, costUsdPerHour) => {
    const { json } = await api.send({ url: `/api/v1/instances/summary?${query}` });
    expect(json['figures']).toMatchObject({ total, costUsdPerHour });
  });

  it.each(['limit=5', 'sort=name', 'show=all'])('refuses %s', async (query) => {
    expect((await api.send({ url: `/api/v1/instances/summary?${query}` })).status).toBe(400);
  });
});
