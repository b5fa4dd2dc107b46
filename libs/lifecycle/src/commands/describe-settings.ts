import type { InstanceRecord } from '@app/instance-store';

/** What differs between the settings of two versions of a record, in words; addresses are not told, they can hold secrets. */
export function describeSettings(before: InstanceRecord, after: InstanceRecord): string[] {
  const changes: string[] = [];
  const note = (what: string, from: string, to: string): void => {
    if (from !== to) changes.push(`${what}: ${from} → ${to}`);
  };
  note('auto-stop', enabledWord(before), enabledWord(after));
  note('idle threshold', thresholdWords(before), thresholdWords(after));
  if (before.webhookUrl !== after.webhookUrl) {
    changes.push(after.webhookUrl === null ? 'webhook address removed' : 'webhook address set');
  }
  return changes;
}

function enabledWord({ autoStop }: InstanceRecord): string {
  return autoStop.enabled === undefined ? 'as the fleet' : autoStop.enabled ? 'on' : 'off';
}

function thresholdWords({ autoStop }: InstanceRecord): string {
  return autoStop.thresholdMinutes === undefined ? 'as the fleet' : `${autoStop.thresholdMinutes} min`;
}
