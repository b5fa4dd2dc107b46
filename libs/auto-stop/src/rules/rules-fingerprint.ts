import type { IdleRules } from '@app/instance-store';

/** Equal for rules that mean the same, whatever the order in which templates are named. */
export function rulesFingerprint({ enabled, thresholdMs, warningMs, byTemplate }: IdleRules): string {
  const templates = [...byTemplate].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([enabled, thresholdMs, warningMs, templates]);
}
