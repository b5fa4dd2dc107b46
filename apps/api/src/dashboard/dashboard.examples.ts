import { IDLE_COST_EXAMPLE } from '../instances/idle-cost.dto.js';
import type { DashboardView, MeView } from './dashboard.dto.js';

export const ME_EXAMPLE: MeView = {
  name: 'ci',
  role: 'operator',
  version: '1.0.0',
  queues: true,
  kubernetes: false,
  sandbox: false,
  limits: {
    usdPerHour: 2,
    usdPerDay: 20,
    hoursPerInstance: 8,
    now: {
      asOf: '2026-03-01T10:00:00.000Z',
      committedUsdPerHour: 0.37,
      leftUsdPerHour: 1.63,
      leftBy: 'usdPerHour',
      todayUsd: 1.12,
      leftTodayUsd: 15.92,
      unpriced: 0,
    },
  },
};

export const DASHBOARD_EXAMPLE: DashboardView = {
  asOf: '2026-03-01T10:00:00.000Z',
  sandbox: false,
  counts: {
    total: 12,
    running: 10,
    discovered: 1,
    byStatus: {
      creating: 0,
      created: 0,
      starting: 0,
      running: 0,
      health_checking: 0,
      ready: 10,
      stopping: 0,
      stopped: 2,
      restarting: 0,
      migrating: 0,
      deleting: 0,
      terminated: 0,
      failed: 0,
    },
  },
  money: {
    costUsdPerHour: 3.5,
    runningUsdPerHour: 3.5,
    billedThoughStoppedUsdPerHour: 0,
    billedThoughStoppedInstances: 0,
    todayUsd: 31.5,
    savedTodayUsd: 4.2,
    idle: IDLE_COST_EXAMPLE,
    unpriced: 0,
    dailyLimitUsd: 250,
    limitReached: false,
  },
  autoStop: {
    enabled: true,
    next: {
      instanceId: 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
      name: 'llama-inference',
      stopAt: '2026-03-01T10:12:00.000Z',
      pricePerHour: 0.35,
    },
  },
  attention: { total: 0, unconfirmed: 0, overdue: 0, failed: 0, missing: 0, orphans: 1 },
  history: [
    { at: '2026-03-01T09:50:00.000Z', running: 9, costUsdPerHour: 3.15 },
    { at: '2026-03-01T09:55:00.000Z', running: 10, costUsdPerHour: 3.5 },
    { at: '2026-03-01T10:00:00.000Z', running: 10, costUsdPerHour: 3.5 },
  ],
};
