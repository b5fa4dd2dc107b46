import type { IdleRules, InstanceRecord, NovitaInstanceId } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { anInstance, type InstanceOverrides } from '@app/testing';
import type { FleetDataAge, IdleSignals } from '../../src/policy/idle-policy.js';

export const MINUTE = 60_000;
export const NOW = Date.UTC(2026, 5, 1, 12);

/** So many minutes from now; negative for the past. */
export const minutes = (count: number): Timestamp => timestampFromMs(NOW + Math.round(count * MINUTE));

/** 20 minutes, with a warning 5 minutes before. */
export const RULES: IdleRules = {
  enabled: true,
  thresholdMs: 20 * MINUTE,
  warningMs: 5 * MINUTE,
  byTemplate: new Map<string, number | 'off'>([
    ['slow', 60 * MINUTE],
    ['never', 'off'],
  ]),
};

export const UNUSED: IdleSignals = { lastUsedAt: null, lastUsedBy: null };
export const FRESH: FleetDataAge = { asOf: minutes(-1), maxStalenessMs: 90 * MINUTE, required: true };

let made = 0;

/** Ready for an hour, observed just now, desired to run. */
export function anIdleInstance(overrides: InstanceOverrides = {}): InstanceRecord {
  made += 1;
  return anInstance({
    novitaInstanceId: made.toString(16).padStart(16, '0') as NovitaInstanceId,
    status: 'ready',
    novitaStatus: 'running',
    observedAt: minutes(-1),
    source: 'list',
    confirmedAt: minutes(-60),
    desired: { state: 'running', at: minutes(-65), by: 'user:test' },
    ...overrides,
    timestamps: { created: minutes(-65), started: minutes(-62), ready: minutes(-60), ...overrides.timestamps },
  });
}
