import type { IdleRules } from './idle-clock.js';

const MINUTE_MS = 60_000;

/** For a store that is given none: the defaults of the settings. */
export const DEFAULT_IDLE_RULES: IdleRules = {
  enabled: true,
  thresholdMs: 20 * MINUTE_MS,
  warningMs: 5 * MINUTE_MS,
  byTemplate: new Map(),
};
