import { parseDuration } from './duration.js';
import { Fault } from './fault.js';
import type { SettingKind } from './setting-kinds.js';

/** Milliseconds, or never. */
export type IdleThreshold = number | 'off';

const ENTRY = /^([A-Za-z0-9_-]{1,64})=(.+)$/;

/** `template=30m,other=off`; a bare number counts minutes. */
export const idleThresholds: SettingKind<ReadonlyMap<string, IdleThreshold>> = {
  accepted:
    'a comma-separated list of template=time, the time as 45s, 10m, 2h, 7d or off; a bare number counts minutes',
  whenUnset: new Map(),
  parse: (text) => {
    const thresholds = new Map<string, IdleThreshold>();
    for (const [place, entry] of text.split(',').entries()) {
      const [, template, time] = ENTRY.exec(entry.trim()) ?? [];
      if (template === undefined || time === undefined) return new Fault(`entry ${place + 1} is not template=time`);
      if (thresholds.has(template)) return new Fault(`entry ${place + 1} names a template for the second time`);
      const threshold = time === 'off' ? 'off' : parseDuration(time, 'm');
      if (threshold instanceof Fault) return new Fault(`entry ${place + 1}: ${threshold.problem}`);
      if (threshold === 0) return new Fault(`entry ${place + 1}: 0 would mean at once; say off for never`);
      thresholds.set(template, threshold);
    }
    return thresholds;
  },
};
