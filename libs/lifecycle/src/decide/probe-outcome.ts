import type { InstanceRecord, PortProbe } from '@app/instance-store';
import { type Timestamp, timestampFromMs } from '@app/platform';
import { settle, wakeAt } from './decision.js';
import { asReady, failed } from './endings.js';
import { type LifecyclePolicy, probeIntervalMs } from './policy.js';
import { isPastStartup } from './situation.js';

/**
 * What a round of probes teaches. It counts only together with the provider's own "running" for this instance in the
 * same pass: an address alone may have gone to another machine.
 *
 * @param probes one for each port of the spec
 * @param observedAt when the provider was asked in this pass
 */
export function noteProbes(
  record: InstanceRecord,
  probes: readonly PortProbe[],
  observedAt: Timestamp,
  now: number,
  policy: LifecyclePolicy,
): InstanceRecord {
  const probed = { ...record, probes, attempts: { ...record.attempts, faults: 0 } };
  const silent = probes.filter(({ ok }) => !ok);
  if (silent.length === 0) {
    return settle(asReady(probed, timestampFromMs(now)), now, policy, 'every port answers').record;
  }
  if (isPastStartup(record, now)) {
    const ports = silent.map(({ port, protocol, detail }) => `${port}/${protocol}: ${detail}`).join('; ');
    return failed(
      probed,
      'health-check-timeout',
      `It runs since ${record.timestamps.started ?? observedAt}, but ${ports}`,
      now,
      policy,
    );
  }
  return wakeAt(probed, now + probeIntervalMs(policy));
}
