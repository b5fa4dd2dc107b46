import { instanceIdFromUlid, type NewInstanceRecord, NO_ATTEMPTS } from '@app/instance-store';
import { type NovitaInstance, phaseOf } from '@app/novita-client';
import { seenConnection } from './seen-connection.js';
import { seenName, seenSpec, seenTimestamps } from './seen-elsewhere.js';
import { type Sight, usdPerHourOf } from './sight.js';
import { whatItDoes } from './what-it-does.js';

/** The record of an instance that was made elsewhere: shown, and never acted on unless somebody adopts it. */
export function discoveredRecord(item: NovitaInstance, ulid: string, sight: Sight): NewInstanceRecord {
  const { status, desired } = whatItDoes(phaseOf(item.status));
  return {
    id: instanceIdFromUlid(ulid),
    novitaInstanceId: item.id,
    name: seenName(item),
    marker: '',
    origin: 'discovered',
    spec: seenSpec(item),
    desired: { state: desired, at: sight.at, by: 'console' },
    restartRequestedAt: null,
    status,
    novitaStatus: item.status,
    observedAt: sight.at,
    source: sight.source,
    confirmedAt: sight.at,
    timestamps: seenTimestamps(item, sight.at),
    deadlines: {},
    autoStop: {},
    price: { usdPerHour: usdPerHourOf(item, sight.prices) },
    connection: seenConnection(item, null),
    webhookUrl: null,
    lastError: null,
    attempts: NO_ATTEMPTS,
    probes: [],
    foreignChange: null,
    missingSince: null,
    ignored: null,
  };
}
