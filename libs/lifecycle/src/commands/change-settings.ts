import {
  type InstanceAutoStop,
  type InstanceRecord,
  InstanceRecords,
  lifetimeDueMs,
  lifetimeEndsAt,
  refuseLongLifetime,
  refuseWhatOthersMade,
  type StoredInstance,
  type UnderCap,
  updateInstance,
  type WriteOptions,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import { Clock, msFromTimestamp, Problem, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { checkRevision, storedOf } from './command-rules.js';
import type { AutoStopChange, Caller, InstanceRef, InstanceSettings } from './instance-commands.js';
import { orKeyLimit, underCapOfDay } from './spend-cap.js';

/** Changes the settings that a caller may set on an existing instance. */
@Injectable()
export class ChangeSettings {
  constructor(
    private readonly records: InstanceRecords,
    private readonly requests: ReconcileRequests,
    private readonly clock: Clock,
  ) {}

  async change(
    ref: InstanceRef,
    settings: InstanceSettings,
    ifRevision: number | null,
    caller?: Caller,
  ): Promise<StoredInstance> {
    const by = caller === undefined ? 'user' : `user:${caller.keyName}`;
    // A longer lifetime may cost more of the day.
    const under = (next: InstanceRecord, before: InstanceRecord): UnderCap => {
      if (caller === undefined || !endsLater(next, before)) return {};
      if (settings.capFailure !== undefined) throw settings.capFailure;
      return underCapOfDay(caller, settings.cap);
    };
    const asked: { record?: InstanceRecord } = {};
    let isEndMoved = false;
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        checkRevision(record.revision, ifRevision ?? undefined);
        if (caller !== undefined) {
          refuseWhatOthersMade(record, caller, 'change the settings of');
          if (settings.maxLifetimeMinutes !== undefined) refuseLongLifetime(settings.maxLifetimeMinutes, caller);
        }
        asked.record = record;
        const next = withSettings(record, settings);
        isEndMoved = lifetimeDueMs(next) !== lifetimeDueMs(record);
        return next;
      },
      (next, before) => ({ ...auditEntry(before, next, by, this.clock.timestamp()), ...under(next, before) }),
    ).catch((error: unknown) => {
      if (caller === undefined || asked.record === undefined) throw error;
      throw orKeyLimit(error, asked.record, caller, settings.cap, 'usdPerDay');
    });
    const stored = storedOf(result, ref);
    // A job is to come at the new end, and a hold that began at the old one ends.
    if (isEndMoved) await this.requests.now([stored.record.id]);
    return stored;
  }
}

function endsLater(next: InstanceRecord, before: InstanceRecord): boolean {
  const [end, endBefore] = [lifetimeEndsAt(next), lifetimeEndsAt(before)];
  return endBefore !== null && (end === null || msFromTimestamp(end) > msFromTimestamp(endBefore));
}

function auditEntry(
  before: InstanceRecord,
  next: InstanceRecord,
  by: string,
  at: Timestamp,
): Pick<WriteOptions, 'entry'> {
  const changes = describeSettings(before, next);
  if (changes.length === 0) return {};
  return { entry: { at, kind: 'settings', by, reason: changes.join('; ') } };
}

function withSettings(record: InstanceRecord, settings: InstanceSettings): InstanceRecord {
  const code = record.origin === 'discovered' ? 'not-adopted' : 'instance-terminated';
  if (record.origin === 'discovered' || record.status === 'terminated') {
    throw new Problem(lifecycleProblems[code], {
      detail: `the settings of instance ${record.id} cannot be changed`,
      extensions: { instanceStatus: record.status },
    });
  }
  return {
    ...record,
    autoStop: settings.autoStop === undefined ? record.autoStop : changed(record.autoStop, settings.autoStop),
    maxLifetimeMinutes:
      settings.maxLifetimeMinutes === undefined ? record.maxLifetimeMinutes : settings.maxLifetimeMinutes,
    webhookUrl: settings.webhookUrl === undefined ? record.webhookUrl : settings.webhookUrl,
  };
}

function changed(settings: InstanceAutoStop, change: AutoStopChange): InstanceAutoStop {
  const { enabled, thresholdMinutes, holdMinutes, ...rest } = settings;
  const next = { enabled, thresholdMinutes, holdMinutes, ...change };
  return {
    ...rest,
    ...(typeof next.enabled === 'boolean' && { enabled: next.enabled }),
    ...(typeof next.thresholdMinutes === 'number' && { thresholdMinutes: next.thresholdMinutes }),
    ...(typeof next.holdMinutes === 'number' && { holdMinutes: next.holdMinutes }),
  };
}

/** The differences between the settings of two versions of a record, in words; without addresses, which can hold secrets. */
function describeSettings(before: InstanceRecord, after: InstanceRecord): string[] {
  const changes: string[] = [];
  const note = (what: string, from: string, to: string): void => {
    if (from !== to) changes.push(`${what}: ${from} → ${to}`);
  };
  note('auto-stop', enabledText(before), enabledText(after));
  note('idle threshold', minutesText(before.autoStop.thresholdMinutes), minutesText(after.autoStop.thresholdMinutes));
  note('longest hold of a stop', minutesText(before.autoStop.holdMinutes), minutesText(after.autoStop.holdMinutes));
  note('lifetime', lifetimeText(before), lifetimeText(after));
  if (before.webhookUrl !== after.webhookUrl) {
    changes.push(after.webhookUrl === null ? 'webhook address removed' : 'webhook address set');
  }
  return changes;
}

function enabledText({ autoStop }: InstanceRecord): string {
  return autoStop.enabled === undefined ? 'as the fleet' : autoStop.enabled ? 'on' : 'off';
}

function lifetimeText({ maxLifetimeMinutes }: InstanceRecord): string {
  return maxLifetimeMinutes === null ? 'without an end' : `${maxLifetimeMinutes} min`;
}

function minutesText(minutes: number | undefined): string {
  return minutes === undefined ? 'as the fleet' : `${minutes} min`;
}
