import type { Timestamp } from '@app/platform';
import { SYNC_KINDS, type SyncKind } from '@app/sync';
import type { SyncInstancesAnswer, SyncRunningAnswer } from './sync-instances.dto.js';
import type {
  ResourceStatusView,
  SyncCommandAnswer,
  SyncEventView,
  SyncHistoryView,
  SyncStatusDocument,
} from './sync-status.dto.js';

const RUN_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const at = (time: string): Timestamp => `2026-03-01T${time}.000Z` as Timestamp;

function resources(read: number, of: (name: SyncKind) => Omit<ResourceStatusView, 'name'>): ResourceStatusView[] {
  return SYNC_KINDS.map((name, index) =>
    index < read ? { name, ...of(name) } : { name, status: 'pending', count: 0 },
  );
}

const COMPLETED = (name: SyncKind): Omit<ResourceStatusView, 'name'> => {
  const count = name === 'instances' ? 120 : 14;
  return { status: 'completed', count, total: count };
};

export const SYNC_STATUS_EXAMPLE = {
  status: 'completed',
  step: 'done',
  totalResources: SYNC_KINDS.length,
  syncedResources: SYNC_KINDS.length,
  startTime: at('10:00:00'),
  endTime: at('10:00:05'),
  duration: 5_000,
  resourceStatus: resources(SYNC_KINDS.length, COMPLETED),
  runId: RUN_ID,
  trigger: 'schedule',
  nextRun: at('10:30:00'),
  lastSuccess: { runId: RUN_ID, startTime: at('10:00:00'), endTime: at('10:00:05') },
  instancesAsOf: at('10:00:00'),
} satisfies SyncStatusDocument;

const SYNC_PROGRESS_EXAMPLE: SyncStatusDocument = {
  status: 'in_progress',
  step: 'sync',
  currentResource: 'instances',
  totalResources: SYNC_KINDS.length,
  syncedResources: 0,
  startTime: at('10:00:00'),
  resourceStatus: resources(1, () => ({ status: 'in_progress', count: 100, total: 120 })),
  runId: RUN_ID,
  trigger: 'schedule',
  estimatedRemainingSeconds: 1,
};

export const SYNC_PAUSED_EXAMPLE: SyncCommandAnswer = {
  ...SYNC_STATUS_EXAMPLE,
  paused: { since: at('10:10:00'), by: 'user:ci' },
  message: 'Automatic runs are paused; a run by hand is still carried out',
};

export const SYNC_RESUMED_EXAMPLE: SyncCommandAnswer = {
  ...SYNC_STATUS_EXAMPLE,
  message: 'Automatic runs go on',
};

const EVENT: SyncEventView = { type: 'sync.progress', at: at('10:00:01'), status: SYNC_PROGRESS_EXAMPLE };

export const SYNC_EVENTS_EXAMPLE = `retry: 2000\n\nid: 1772359201000-0\nevent: sync.progress\ndata: ${JSON.stringify(EVENT)}\n\n:\n\n`;

export const SYNC_HISTORY_EXAMPLE: SyncHistoryView = {
  runs: [
    {
      runId: RUN_ID,
      trigger: 'schedule',
      requestedBy: 'sync',
      outcome: 'completed',
      startTime: at('10:00:00'),
      endTime: at('10:00:05'),
      duration: 5_000,
      changes: { updated: 1, created: 0, adopted: 0, removed: 0, markedTerminated: 1, leftMissing: 0 },
      novitaInstances: 120,
      held: false,
      failedResources: [],
      resourceStatus: resources(SYNC_KINDS.length, COMPLETED),
    },
  ],
  count: 1,
  averageDurationMs: 5_000,
  failureRate: 0,
};

export const SYNC_INSTANCES_EXAMPLE: SyncInstancesAnswer = {
  success: true,
  message: 'Instances synchronized successfully',
  data: {
    beforeSync: 5,
    afterSync: 3,
    novitaInstances: 3,
    localInstances: 5,
    mergedInstances: 3,
    totalInstances: 3,
    instancesRemoved: 2,
    duration: 1_250,
    timestamp: at('10:00:00'),
    options: { forceSync: false, handleObsoleteInstances: true, dryRun: false, resources: [...SYNC_KINDS] },
    updated: 1,
    created: 0,
    adopted: 0,
    markedTerminated: 0,
    leftMissing: 0,
    joined: false,
    runId: RUN_ID,
    failures: [],
  },
};

export const SYNC_RUNNING_EXAMPLE = {
  success: true,
  message: 'The sync goes on; GET /api/v1/sync/status shows how far it is',
  data: { runId: RUN_ID, status: 'running' },
} satisfies SyncRunningAnswer;
