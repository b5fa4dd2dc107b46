import type { InstanceConnection, InstanceRecord } from '@app/instance-store';
import type { NovitaInstance } from '@app/novita-client';
import { closeCreate } from './lost-create.js';
import type { Found, Sight } from './observation.js';
import type { LifecyclePolicy } from './policy.js';

/**
 * What a look teaches us whatever is wished: the provider's word, the connection, and whether an open create is
 * accounted for. Our own status is not touched; each wish maps the provider's word to it in its own file.
 */
export function takeNote(record: InstanceRecord, seen: Sight, policy: LifecyclePolicy): InstanceRecord {
  const noted = seen.kind === 'found' ? noteInstance(record, seen) : record;
  const attempts = { ...noted.attempts, openCreate: closeCreate(noted, seen.search, policy) };
  // A denial straight after the create is no sight of the instance: the time of the create's answer must stay known.
  if (seen.kind === 'absent' && record.source === 'command') return { ...noted, attempts };
  return { ...noted, observedAt: seen.at, source: seen.source, attempts };
}

function noteInstance(record: InstanceRecord, { instance, source }: Found): InstanceRecord {
  return {
    ...record,
    novitaInstanceId: instance.id,
    novitaStatus: instance.status,
    price: { usdPerHour: record.price.usdPerHour ?? instance.usdPerHour },
    spec: {
      ...record.spec,
      clusterId: record.spec.clusterId ?? instance.clusterId,
      region: record.spec.region ?? instance.clusterName,
    },
    connection: connectionOf(instance, source === 'list' ? record.connection : null),
  };
}

/** @param known kept where the answer is silent: items of a listing do not carry every connection */
function connectionOf(instance: NovitaInstance, known: InstanceConnection | null): InstanceConnection {
  return {
    ssh: instance.ssh ?? known?.ssh ?? null,
    jupyter: instance.jupyterUrl ?? known?.jupyter ?? null,
    webTerminal: instance.webTerminal ?? known?.webTerminal ?? null,
    portMappings: instance.portMappings,
  };
}
