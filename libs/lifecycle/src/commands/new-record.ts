import { type Actor, buildMarker, instanceIdFromUlid, type NewInstanceRecord, NO_ATTEMPTS } from '@app/instance-store';
import { timestampFromMs } from '@app/platform';
import type { LifecyclePolicy } from '../decide/policy.js';
import type { CreateInstanceRequest } from '../instance-commands.js';
import type { ResolvedCreate } from './choose-offer.js';

/**
 * The record of a create that was just accepted: nothing exists at the provider, and the first reconcile is due.
 *
 * @param ulid gives the id and the marker
 */
export function newRecord(
  request: CreateInstanceRequest,
  { spec, usdPerHour }: ResolvedCreate,
  { ulid, fleetId, by }: { readonly ulid: string; readonly fleetId: string; readonly by: Actor },
  now: number,
  policy: LifecyclePolicy,
): NewInstanceRecord {
  const at = timestampFromMs(now);
  return {
    id: instanceIdFromUlid(ulid),
    novitaInstanceId: null,
    name: request.name,
    marker: buildMarker(fleetId, ulid),
    origin: 'managed',
    spec,
    desired: { state: 'running', at, by },
    restartRequestedAt: null,
    status: 'creating',
    novitaStatus: null,
    observedAt: null,
    source: null,
    confirmedAt: null,
    timestamps: { created: at },
    deadlines: { nextReconcileAt: at, startupBy: timestampFromMs(now + policy.startupTimeoutMs) },
    autoStop: request.autoStop ?? {},
    price: { usdPerHour },
    connection: { ssh: null, jupyter: null, webTerminal: null, portMappings: [] },
    webhookUrl: request.webhookUrl ?? null,
    lastError: null,
    attempts: NO_ATTEMPTS,
    probes: [],
    foreignChange: null,
    missingSince: null,
    ignored: null,
  };
}
