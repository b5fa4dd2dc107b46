import type { InstanceRecord } from '@app/instance-store';
import type { ActivitySign } from './evaluation.js';
import type { IdleSignals } from './idle-signals.js';

/** As whom a use is reported that the utilisation of the GPU shows. */
export const GPU_SOURCE = 'novita:gpu';
const NOBODY_SAID = 'not told';

/** All signs of use that are known, the latest first. */
export function activitySigns(record: InstanceRecord, signals: IdleSignals): readonly ActivitySign[] {
  const signs = [...readySigns(record), ...leaseSigns(record), ...useSigns(signals), ...gpuSigns(signals)];
  return signs.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function readySigns({ status, timestamps: { ready, started }, desired }: InstanceRecord): ActivitySign[] {
  const at = ready ?? started;
  if (at === undefined) return [];
  return [{ kind: 'ready', at, by: desired.by, detail: ready === undefined ? `started, now ${status}` : null }];
}

function leaseSigns({ autoStop: { lease } }: InstanceRecord): ActivitySign[] {
  return lease === undefined ? [] : [{ kind: 'lease', at: lease.until, by: lease.by, detail: lease.reason }];
}

function useSigns({ lastUsedAt, lastUsedBy }: IdleSignals): ActivitySign[] {
  if (lastUsedAt === null) return [];
  if (lastUsedBy === GPU_SOURCE) return [{ kind: 'gpu', at: lastUsedAt, by: 'novita', detail: null }];
  return [{ kind: 'use', at: lastUsedAt, by: lastUsedBy ?? NOBODY_SAID, detail: null }];
}

function gpuSigns({ gpu, lastUsedAt, lastUsedBy }: IdleSignals): ActivitySign[] {
  if (gpu?.kind !== 'used' || (gpu.at === lastUsedAt && lastUsedBy === GPU_SOURCE)) return [];
  return [{ kind: 'gpu', at: gpu.at, by: 'novita', detail: `${Math.round(gpu.percent)} % utilisation` }];
}
