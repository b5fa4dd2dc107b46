import { expect, it } from 'vitest';
import { nowOf } from './known-now.js';

it('says what the instances cost now, without parts that cost nothing', () => {
  const sum = { usdPerHour: 0.7, instances: 2 };
  const none = { usdPerHour: 0, instances: 3 };
  const idle = {
    asOf: '2026-03-01T10:00:00.000Z',
    usdPerHour: 0.35,
    instances: 1,
    unpriced: 0,
    byReason: { due: sum, notYetDue: none, autoStopOff: none, monthly: none, useNotKnown: none },
  };
  const now = nowOf({
    total: 5,
    costUsdPerHour: 0.9,
    running: sum,
    billedThoughStopped: { usdPerHour: 0.2, instances: 1 },
    unpriced: 1,
    idle,
    attention: { instances: 0 },
    byStatus: { ready: sum, stopped: none },
    byRegion: { 'CN-HK-01': sum },
    byProduct: { 'RTX 4090': sum },
    byOwner: { 'user:ci': sum },
    byBilling: {},
    byOrigin: {},
  });
  expect(now).toEqual({
    costUsdPerHour: 0.9,
    runningUsdPerHour: 0.7,
    billedThoughStoppedUsdPerHour: 0.2,
    byStatus: { ready: 0.7 },
    byRegion: { 'CN-HK-01': 0.7 },
    byProduct: { 'RTX 4090': 0.7 },
    byOwner: { 'user:ci': 0.7 },
    unpriced: 1,
    idle,
  });
});
