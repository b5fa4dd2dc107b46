import { IDLE_COST_EXAMPLE } from '../instances/idle-cost.dto.js';
import type { CommandAnswer } from '../instances/instance-view.dto.js';
import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
import {
  type AutoStopStatsAnswer,
  type CheckView,
  SAVED_METHOD,
  type TriggerBegunAnswer,
  type TriggerReportAnswer,
} from './auto-stop.dto.js';
import type { AuditLogView, IdleView } from './explain.dto.js';

const { id: ID, name: NAME } = INSTANCE_EXAMPLE;
const CHECK_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const LEASE = { until: '2026-03-01T18:00:00.000Z', by: 'user:ci', reason: 'training run 42' };
const at = (time: string): string => `2026-03-01T${time}.000Z`;

export const LEASE_EXAMPLE: CommandAnswer = {
  ...INSTANCE_EXAMPLE,
  autoStop: { ...INSTANCE_EXAMPLE.autoStop, lease: LEASE },
  revision: 8,
  autoStopAt: at('18:20:00'),
  instanceId: ID,
  message: `Not stopped as idle before ${LEASE.until}`,
};

export const LEASE_ENDED_EXAMPLE = {
  ...INSTANCE_EXAMPLE,
  revision: 9,
  instanceId: ID,
  message: 'No lease keeps it any more; being unused counts again',
} satisfies CommandAnswer;

const EVALUATION = {
  verdict: 'keep',
  rule: 'used-lately',
  reason:
    'Not used for 2 min, since its last use at 2026-03-01T10:00:00.000Z (user:ci:inference-gateway), which is less than the 20 min that it may stand unused by its own setting.',
  idleSince: at('10:00:00'),
  stopAt: at('10:20:00'),
  nextEvaluation: at('10:15:00'),
  signs: [
    { kind: 'use', at: at('10:00:00'), by: 'user:ci:inference-gateway' },
    { kind: 'ready', at: at('09:58:30'), by: 'lifecycle' },
  ],
  whatWouldChangeIt: [`PUT /api/v1/instances/${ID}/last-used says that it is in use; its idle time begins anew.`],
  evaluatedAt: at('10:02:00'),
} satisfies Partial<IdleView>;

export const IDLE_EXAMPLE: IdleView = {
  instanceId: ID,
  status: 'ready',
  ...EVALUATION,
  thresholdMinutes: 20,
  autoStop: {
    enabled: true,
    enabledFrom: 'instance',
    thresholdMinutes: 20,
    thresholdFrom: 'instance',
    warningMinutes: 5,
  },
};

export const AUDIT_LOG_EXAMPLE: AuditLogView = {
  instanceId: ID,
  entries: [
    {
      at: at('10:20:04'),
      kind: 'wish',
      by: 'auto-stop',
      from: 'running',
      to: 'stopped',
      reason: 'Not used for 20 min, since its last use at 2026-03-01T10:00:00.000Z (user:ci:inference-gateway).',
    },
    {
      at: at('10:15:02'),
      kind: 'warning',
      by: 'auto-stop',
      reason: 'Not used for 15 min, since its last use at 2026-03-01T10:00:00.000Z (user:ci:inference-gateway).',
    },
    { at: at('09:58:30'), kind: 'status', by: 'lifecycle', from: 'health_checking', to: 'ready', reason: '' },
  ],
};

const CHECK = {
  checkId: CHECK_ID,
  trigger: 'manual',
  dryRun: true,
  startTime: at('10:20:00'),
  endTime: at('10:20:00'),
  checked: 1,
  eligible: 1,
  warned: 0,
  stopped: 0,
  failed: 0,
  more: false,
} satisfies CheckView;

export const DRY_RUN_EXAMPLE: TriggerReportAnswer = {
  success: true,
  message: 'Dry run: 1 would be stopped; 1 instance checked',
  data: {
    ...CHECK,
    verdicts: [
      {
        instanceId: ID,
        name: NAME,
        pricePerHour: 0.35,
        ...EVALUATION,
        verdict: 'stop',
        rule: 'idle-too-long',
        reason:
          'Not used for 20 min, since its last use at 2026-03-01T10:00:00.000Z (user:ci:inference-gateway), which is as long as the 20 min that it may stand unused by its own setting or longer.',
        evaluatedAt: at('10:20:00'),
        outcome: 'nothing-done',
      },
    ],
  },
};

export const CHECK_BEGUN_EXAMPLE: TriggerBegunAnswer = {
  success: true,
  message: 'The check is begun; GET /api/v1/instances/auto-stop/stats shows what came of it',
  data: { checkId: CHECK_ID, dryRun: false },
};

export const AUTO_STOP_STATS_EXAMPLE: AutoStopStatsAnswer = {
  success: true,
  message: 'Auto-stop is on',
  data: {
    enabled: true,
    intervalMinutes: 5,
    thresholdMinutes: 20,
    warningMinutes: 5,
    lastRun: { ...CHECK, trigger: 'schedule', dryRun: false, stopped: 1 },
    nextRun: at('10:25:00'),
    checked: 1200,
    eligible: 40,
    stopped: 38,
    failed: 0,
    idle: IDLE_COST_EXAMPLE,
    savedUsd: 123.4,
    savedByDay: [{ day: '2026-03-01', usd: 4.2 }],
    savedMethod: SAVED_METHOD,
  },
};
