import { type InstanceRecord, InstanceStore, type StoredInstance, updateInstance } from '@app/instance-store';
import { Problem } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { InstanceRef, InstanceSettings } from '../instance-commands.js';
import { lifecycleProblems } from '../problems/lifecycle.problems.js';
import { checkRevision, storedOf } from './find-instance.js';

/** Changes what a caller may set on an existing instance. */
@Injectable()
export class ChangeSettings {
  constructor(private readonly store: InstanceStore) {}

  async change(ref: InstanceRef, settings: InstanceSettings, ifRevision: number): Promise<StoredInstance> {
    const result = await updateInstance(this.store, ref, { kind: 'command' }, (record) => {
      checkRevision(record.revision, ifRevision);
      return withSettings(record, settings);
    });
    return storedOf(result, ref);
  }
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
    autoStop: { ...record.autoStop, ...settings.autoStop },
    webhookUrl: settings.webhookUrl === undefined ? record.webhookUrl : settings.webhookUrl,
  };
}
