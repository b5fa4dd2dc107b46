import { IDLE_COST_EXAMPLE } from '../instances/idle-cost.dto.js';
import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
import type { SpendView } from './spend.dto.js';

const { id: ID, name: NAME } = INSTANCE_EXAMPLE;

export const SPEND_EXAMPLE: SpendView = {
  asOf: '2026-03-01T10:00:00.000Z',
  now: {
    costUsdPerHour: 0.7,
    runningUsdPerHour: 0.7,
    billedThoughStoppedUsdPerHour: 0,
    byStatus: { ready: 0.7 },
    byRegion: { 'CN-HK-01': 0.7 },
    byProduct: { 'RTX 4090 24GB': 0.7 },
    byOwner: { 'user:ci': 0.7 },
    unpriced: 0,
    idle: IDLE_COST_EXAMPLE,
  },
  today: { usd: 3.5, savedUsd: 4.2, instances: [{ instanceId: ID, name: NAME, usd: 3.5 }], otherUsd: 0 },
  month: { usd: 3.5, savedUsd: 4.2, instances: [{ instanceId: ID, name: NAME, usd: 3.5 }], otherUsd: 0 },
  limit: { dailyUsd: 250, enforced: true, reached: false },
};
