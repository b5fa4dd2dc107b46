import {
  type AutoStopSettings,
  type InstanceRecord,
  InstanceRecords,
  type StoredInstance,
  updateInstance,
  type WriteOptions,
} from '@app/instance-store';
import { Clock, Problem, type Timestamp } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { AutoStopChange, Caller, InstanceRef, InstanceSettings } from '../instance-commands.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { describeSettings } from './describe-settings.js';
import { checkRevision, storedOf } from './find-instance.js';

/** Changes what a caller may set on an existing instance. */
@Injectable()
export class ChangeSettings {
  constructor(
    private readonly records: InstanceRecords,
    private readonly clock: Clock,
  ) {}

  async change(
    ref: InstanceRef,
    settings: InstanceSettings,
    ifRevision: number | null,
    caller?: Caller,
  ): Promise<StoredInstance> {
    const by = caller === undefined ? 'user' : `user:${caller.keyName}`;
    const result = await updateInstance(
      this.records,
      ref,
      { kind: 'command' },
      (record) => {
        checkRevision(record.revision, ifRevision ?? undefined);
        return withSettings(record, settings);
      },
      (next, before) => ledgerEntry(before, next, by, this.clock.timestamp()),
    );
    return storedOf(result, ref);
  }
}

function ledgerEntry(
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
    webhookUrl: settings.webhookUrl === undefined ? record.webhookUrl : settings.webhookUrl,
  };
}

function changed({ enabled, thresholdMinutes, ...rest }: AutoStopSettings, change: AutoStopChange): AutoStopSettings {
  const next = { enabled, thresholdMinutes, ...change };
  return {
    ...rest,
    ...(typeof next.enabled === 'boolean' && { enabled: next.enabled }),
    ...(typeof next.thresholdMinutes === 'number' && { thresholdMinutes: next.thresholdMinutes }),
  };
}
