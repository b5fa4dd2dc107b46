import type { InstanceView } from '../instances/instance-view.dto.js';
import { INSTANCE_EXAMPLE } from '../instances/instances.examples.js';
import type { ControlType, EventType } from './event-types.js';
import type {
  ConnectedEventView,
  DegradedEventView,
  InstanceEventView,
  ListEventView,
  ResetEventView,
  RestoredEventView,
  SpendBillDiffersEventView,
  SpendWarningEventView,
  SyncRunEventView,
  WebhookDisabledEventView,
} from './events.dto.js';

const START_MS = Date.UTC(2026, 2, 1, 10);
const RUN_ID = '01JQ7ZC8M4T5V6W7X8Y9ZABCDE';
const LAST_ERROR = {
  code: 'startup-timeout',
  message: 'Not running 10 minutes after the start was asked for.',
  at: '2026-03-01T10:05:00.000Z',
  retryable: true,
  suggestion: 'Start it again, or choose another region.',
};

const { lastUsedAt: _used, autoStopAt: _stop, idleSince: _since, ...READY } = INSTANCE_EXAMPLE;

function happened(seconds: number): { readonly id: string; readonly at: string } {
  const ms = START_MS + seconds * 1_000;
  return { id: `${ms}-0`, at: new Date(ms).toISOString() };
}

function change(
  type: InstanceEventView['type'],
  seconds: number,
  revision: number,
  instance: Partial<InstanceView>,
): InstanceEventView {
  const { id, at } = happened(seconds);
  return { id, type, at, instanceId: READY.id, revision, instance: { ...READY, ...instance, revision } };
}

function run(type: SyncRunEventView['type'], seconds: number, more: Partial<SyncRunEventView>): SyncRunEventView {
  const { id, at } = happened(seconds);
  return { id, type, at, runId: RUN_ID, trigger: 'schedule', startedAt: happened(600).at, ...more };
}

const ENDED = { endedAt: happened(605).at, durationMs: 5_000 };
const CHANGES = { updated: 1, created: 0, adopted: 0, removed: 0, markedTerminated: 1, leftMissing: 0 };

const HOLD = {
  by: 'auto-stop' as const,
  since: happened(300).at,
  until: happened(420).at,
  reason: 'Not used for 20 min.',
  waitsFor: [{ endpointId: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE' }],
};

type EventExample =
  | InstanceEventView
  | SyncRunEventView
  | SpendWarningEventView
  | SpendBillDiffersEventView
  | WebhookDisabledEventView;

/** When each is sent. */
export const EVENT_MEANINGS: Readonly<Record<EventType, string>> = {
  'instance.created': 'The record of a new instance of ours was written; it is about to be created at Novita.',
  'instance.orphan_detected':
    'The sync has found an instance at Novita that was made elsewhere. It is shown and left alone.',
  'instance.starting': 'Novita was asked to create or start the instance.',
  'instance.running': 'Novita says that the instance runs. It is not known yet whether it answers.',
  'instance.health_checking': 'The ports of the instance are probed.',
  'instance.ready': 'The instance runs, and all its ports answer.',
  'instance.stopping': 'The instance is to be stopped. Novita has not confirmed it yet.',
  'instance.stopped': 'Novita says that the instance is off.',
  'instance.auto_stopped': 'Right after `instance.stopped`: the instance was stopped because nobody used it.',
  'instance.stopped_by_spend_limit':
    'Right after `instance.stopped`: the instance was stopped because a limit of spend was reached.',
  'instance.restarting': 'The instance is to restart.',
  'instance.migrating': 'Novita moves the instance to another machine.',
  'instance.migrated':
    'The instance is ready again after a migration, or Novita has moved it by itself; right after the event of the new status. With `migration.boughtInstead` it is another instance, and what was on the disks of the old one is lost.',
  'instance.deleting': 'The instance is to be deleted. Novita has not confirmed it yet.',
  'instance.terminated': 'The instance is gone at Novita for good; its record is kept for some days.',
  'instance.failed': 'The instance did not start, or cannot go on; `instance.lastError` says why.',
  'instance.auto_stop_warning': 'Nobody uses the instance: it is stopped soon unless somebody reports a use.',
  'instance.stop_pending':
    'The instance is to be stopped, or moved to another machine, without a person having asked for it. That waits for an answer of 2xx from the webhook endpoints that hold it, until `instance.stopHold.until` at most.',
  'instance.stop_hold_ended':
    'The stop waits no longer; `instance.stopHold.outcome` says why. Right after the event of the new status, if there is one.',
  'instance.unconfirmed':
    'A stop or delete has been waiting for Novita to agree for longer than expected. The instance may still be billed; the command is sent again and again.',
  'instance.updated': 'Something else about the instance has changed, such as its settings, a price or an observation.',
  'instance.removed': 'The record of the instance is gone. There is no `instance`.',
  'sync.started': 'A sync with Novita has begun.',
  'sync.completed': 'A sync has ended well; the records are as of then.',
  'sync.failed': 'A sync could not read everything; `error` says why.',
  'sync.held':
    'A listing lacks so many instances that nothing is removed until a later one agrees or somebody forces it.',
  'spend.warning':
    "The day's spend has reached a level of SPEND_DAILY_LIMIT_USD, or that of one `owner` of SPEND_OWNER_DAILY_LIMIT_USD; once for each level and day.",
  'spend.bill_differs':
    "Novita's own bill of a day differs by more than BILL_TOLERANCE_PERCENT from what the fleet has counted; once for each day. `GET /spend/bill` names the instances.",
  'webhook.disabled':
    'A webhook endpoint has answered 410, or has taken nothing for five days. It gets nothing any more until somebody resumes it.',
};

export const EVENT_EXAMPLES: Readonly<Record<EventType, EventExample>> = {
  'instance.created': change('instance.created', 0, 1, { status: 'creating' }),
  'instance.orphan_detected': change('instance.orphan_detected', 1, 1, { origin: 'discovered', status: 'running' }),
  'instance.starting': change('instance.starting', 2, 3, { status: 'starting' }),
  'instance.running': change('instance.running', 20, 5, { status: 'running' }),
  'instance.health_checking': change('instance.health_checking', 21, 6, { status: 'health_checking' }),
  'instance.ready': change('instance.ready', 25, 7, { status: 'ready' }),
  'instance.stopping': change('instance.stopping', 300, 8, { status: 'stopping', desired: 'stopped' }),
  'instance.stopped': change('instance.stopped', 310, 9, { status: 'stopped', desired: 'stopped' }),
  'instance.auto_stopped': change('instance.auto_stopped', 310, 9, {
    status: 'stopped',
    desired: 'stopped',
    desiredBy: 'auto-stop',
  }),
  'instance.stopped_by_spend_limit': change('instance.stopped_by_spend_limit', 310, 9, {
    status: 'stopped',
    desired: 'stopped',
    desiredBy: 'spend-limit',
  }),
  'instance.restarting': change('instance.restarting', 320, 10, { status: 'restarting' }),
  'instance.migrating': change('instance.migrating', 330, 11, { status: 'migrating' }),
  'instance.migrated': change('instance.migrated', 340, 12, { status: 'ready' }),
  'instance.deleting': change('instance.deleting', 350, 13, { status: 'deleting', desired: 'deleted' }),
  'instance.terminated': change('instance.terminated', 360, 14, { status: 'terminated', desired: 'deleted' }),
  'instance.failed': change('instance.failed', 300, 8, { status: 'failed', lastError: LAST_ERROR }),
  'instance.auto_stop_warning': change('instance.auto_stop_warning', 240, 7, { status: 'ready' }),
  'instance.stop_pending': change('instance.stop_pending', 300, 8, { status: 'ready', stopHold: HOLD }),
  'instance.stop_hold_ended': change('instance.stop_hold_ended', 309, 10, {
    status: 'stopping',
    desired: 'stopped',
    desiredBy: 'auto-stop',
    stopHold: { ...HOLD, endedAt: happened(309).at, outcome: 'released', endedBy: 'auto-stop' },
  }),
  'instance.unconfirmed': change('instance.unconfirmed', 600, 8, { status: 'stopping', desired: 'stopped' }),
  'instance.updated': change('instance.updated', 26, 8, { status: 'ready' }),
  'instance.removed': {
    ...happened(700),
    type: 'instance.removed',
    instanceId: READY.id,
    revision: 14,
  },
  'sync.started': run('sync.started', 600, {}),
  'sync.completed': run('sync.completed', 605, { ...ENDED, changes: CHANGES }),
  'sync.failed': run('sync.failed', 605, { ...ENDED, error: 'Novita answered 500 (templates)', changes: CHANGES }),
  'sync.held': run('sync.held', 604, {
    held: { since: happened(604).at, reason: 'the listing lacks 40 of 100 instances', wouldRemove: 40 },
  }),
  'spend.warning': {
    ...happened(800),
    type: 'spend.warning',
    day: '2026-03-01',
    levelPercent: 80,
    spentUsd: 41.2,
    limitUsd: 50,
    enforced: true,
  },
  'spend.bill_differs': {
    ...happened(850),
    type: 'spend.bill_differs',
    day: '2026-02-28',
    meteredUsd: 41.2,
    billedUsd: 50,
    differencePercent: 17.6,
    tolerancePercent: 5,
  },
  'webhook.disabled': {
    ...happened(900),
    type: 'webhook.disabled',
    endpointId: 'whe_01JQ7ZC8M4T5V6W7X8Y9ZABCDE',
    origin: 'https://hooks.example.com',
    reason: 'failed-5-days',
    failingSince: '2026-02-24T10:00:00.000Z',
  },
};

type ControlExample = ConnectedEventView | ResetEventView | ListEventView | DegradedEventView | RestoredEventView;

export const CONTROL_MEANINGS: Readonly<Record<ControlType, string>> = {
  connected: 'The first event of a new stream. Everything that happens after its `id:` follows.',
  reset:
    'The events after the one that you named are not kept any more. Forget the instances that you know: the list follows.',
  list: 'A piece of the present instances, of those that your filter selects. Only the last one, with `last: true`, has an `id:`.',
  degraded:
    'Events cannot be read since then. Nothing is lost; later events come late. Stops and deletes are accepted and carried out meanwhile; GET shows them.',
  restored:
    'Events can be read again. Read the instances that you show again: revisions that were shown meanwhile may be ahead of those that count now.',
};

export const CONTROL_EXAMPLES: Readonly<Record<ControlType, ControlExample>> = {
  connected: { type: 'connected', at: happened(0).at },
  reset: {
    type: 'reset',
    at: happened(0).at,
    reason: 'events after the last one that was received are not kept any more',
  },
  list: { type: 'list', instances: [READY], last: true },
  degraded: { type: 'degraded', since: happened(0).at },
  restored: { type: 'restored', at: happened(12).at },
};

const FIRST_ID = happened(0).id;
const READY_EVENT = EVENT_EXAMPLES['instance.ready'];

export const EVENTS_STREAM_EXAMPLE = [
  'retry: 2000',
  `id: ${FIRST_ID}\nevent: connected\ndata: ${JSON.stringify(CONTROL_EXAMPLES.connected)}`,
  `id: ${READY_EVENT.id}\nevent: ${READY_EVENT.type}\ndata: ${JSON.stringify(READY_EVENT)}`,
  ':\n\n',
].join('\n\n');
