import {
  billedAs,
  canBeIdle,
  costOf,
  type EnvVar,
  type IdleClock,
  type IdleExemption,
  type IdleRules,
  type InstanceConnection,
  type InstanceRecord,
  idleBase,
  idleCounting,
  lifetimeEndsAt,
  type Migration,
  ownerOf,
  type SpotState,
  type StopHold,
  type StoredInstance,
  stopAtMs,
  usdFromMicro,
} from '@app/instance-store';
import { msFromTimestamp, parseTimestamp, type Timestamp, timestampFromMs } from '@app/platform';

/** An instance in answers, events and webhooks, as `renderStored` makes it. What never happened is absent. */
export type InstanceBody = ReturnType<typeof renderStored>;

/** An instance in JSON. */
export function renderStored({ record, lastUsedAt }: StoredInstance, rules: IdleRules, secrets: boolean) {
  return {
    ...renderInstance(record, secrets),
    ...renderStanding(record, rules),
    ...present('lastUsedAt', lastUsedAt),
    ...present('idleSince', idleSince(record, lastUsedAt)),
    ...present('autoStopAt', autoStopAt(idleClockOf(record, rules), lastUsedAt)),
  };
}

/** Why auto-stop never stops an instance although it is up; in JSON. */
export function renderStanding(record: InstanceRecord, rules: IdleRules) {
  const counting = idleCounting(record, rules);
  return present('autoStopExemption', counting.counts || !canBeIdle(record.status) ? null : exemptionOf(counting.why));
}

/** Nothing of what is merely on its way. */
function exemptionOf(why: IdleExemption): Exclude<IdleExemption, 'not-ready' | 'not-wished-to-run'> | null {
  return why === 'not-ready' || why === 'not-wished-to-run' ? null : why;
}

/** Since when it stands unused; in the future while a lease lasts. @returns null for one that is not up */
export function idleSince(record: InstanceRecord, lastUsedAt: Timestamp | null): Timestamp | null {
  if (!canBeIdle(record.status)) return null;
  const { baseMs } = idleBase(record);
  return parseTimestamp(lastUsedAt === null ? baseMs : Math.max(baseMs, msFromTimestamp(lastUsedAt)));
}

/** What it has cost. Together with the time since `asOf` it says the cost at any later time, without another read. */
function renderCost(record: InstanceRecord) {
  const cost = costOf(record);
  if (cost === null) return null;
  return {
    usd: usdFromMicro(cost.microUsd),
    asOf: timestampFromMs(cost.sinceMs),
    usdPerHour: usdFromMicro(cost.rate),
    countedFrom: timestampFromMs(cost.fromMs),
  };
}

/**
 * A record in JSON, without `lastUsedAt` and what follows from it, which move apart from it.
 *
 * @param secrets whether values of environment variables, passwords and the webhook address are shown
 */
export function renderInstance(record: InstanceRecord, secrets: boolean) {
  const { spec, timestamps, desired } = record;
  return {
    id: record.id,
    name: record.name,
    status: record.status,
    ...present('novitaInstanceId', record.novitaInstanceId),
    ...present('novitaStatus', record.novitaStatus),
    origin: record.origin,
    ...present('createdBy', record.createdBy),
    owner: ownerOf(record),
    marker: record.marker,
    desired: desired.state,
    desiredBy: desired.by,
    desiredAt: desired.at,
    gpuNum: spec.gpuNum,
    rootfsSize: spec.rootfsSize,
    ...present('region', spec.region),
    product: { id: spec.productId, name: spec.productName },
    billingMode: spec.billingMode,
    ...present('pricePerHour', record.price.usdPerHour),
    ...present('billedNow', billedAs(record)),
    ...present('cost', renderCost(record)),
    ...present('templateId', spec.templateId),
    image: spec.image,
    envs: spec.envs.map((env) => renderEnv(env, secrets)),
    portMappings: record.connection.portMappings.map(({ port, type, endpoint }) => ({
      port,
      type,
      ...present('endpoint', endpoint),
    })),
    connectionDetails: renderConnection(record.connection, secrets),
    ...(record.probes.length > 0 && { probes: record.probes.map((probe) => ({ ...probe })) }),
    createdAt: timestamps.created,
    ...present('startedAt', timestamps.started),
    ...present('readyAt', timestamps.ready),
    ...present('stoppedAt', timestamps.stopped),
    ...present('terminatedAt', timestamps.terminated),
    ...present('migratedAt', timestamps.migrated),
    ...present('spot', record.spot && renderSpot(record.spot)),
    ...present('migration', record.migration && renderMigration(record.migration)),
    ...present('stopHold', record.stopHold && renderHold(record.stopHold)),
    ...present('observedAt', record.observedAt),
    ...present('missingSince', record.missingSince),
    ...present('ignoredAt', record.ignored?.at),
    confirmedAt: record.confirmedAt,
    autoStop: { ...record.autoStop },
    ...present('tokenIssuedAt', record.reportToken?.issuedAt),
    ...present('lifetime', renderLifetime(record)),
    ...(secrets && present('webhookUrl', record.webhookUrl)),
    ...present('lastError', record.lastError),
    revision: record.revision,
  };
}

/** The hard end of an instance in JSON. @returns null for one without */
export function renderLifetime(record: InstanceRecord) {
  const endsAt = lifetimeEndsAt(record);
  return endsAt === null || record.maxLifetimeMinutes === null
    ? null
    : { maxMinutes: record.maxLifetimeMinutes, endsAt };
}

function renderSpot({ status, reclaimAt, firstSeenAt }: SpotState) {
  return { status, ...present('reclaimAt', reclaimAt), ...present('firstSeenAt', firstSeenAt) };
}

function renderMigration(migration: Migration) {
  return {
    state: migration.state,
    reclaimSeenAt: migration.reclaimSeenAt,
    attempts: migration.attempts,
    ...present('requestedAt', migration.requestedAt),
    ...present('nextAttemptAt', migration.nextAttemptAt),
    ...present('jobId', migration.jobId),
    ...present('boughtInstead', boughtInstead(migration)),
  };
}

function boughtInstead({ fallback, agreedUsdPerHour }: Migration) {
  if (fallback === undefined || fallback.state === 'due') return null;
  const { productName, region, usdPerHour } = fallback.product;
  return {
    product: productName,
    ...present('region', region),
    ...present('pricePerHour', usdPerHour),
    ...present('agreedPricePerHour', agreedUsdPerHour),
    isConfirmed: fallback.state === 'bought',
  };
}

/** A hold of a stop in JSON. */
export function renderHold({ by, since, until, reason, waitsFor, ended }: StopHold) {
  return {
    by,
    since,
    until,
    reason,
    waitsFor: waitsFor.map(({ endpointId, releasedAt }) => ({ endpointId, ...present('releasedAt', releasedAt) })),
    ...(ended !== null && { endedAt: ended.at, outcome: ended.outcome, endedBy: ended.by }),
  };
}

function renderEnv(env: EnvVar, secrets: boolean): { key: string; value?: string } {
  return secrets ? { key: env.key, value: env.value } : { key: env.key };
}

function renderConnection({ ssh, jupyter, webTerminal }: InstanceConnection, secrets: boolean) {
  return {
    ...(ssh !== null && { ssh: { command: ssh.command, ...(secrets && present('password', ssh.password)) } }),
    ...present('jupyter', jupyter),
    ...(webTerminal !== null && {
      webTerminal: {
        address: webTerminal.address,
        ...present('username', webTerminal.username),
        ...(secrets && present('password', webTerminal.password)),
      },
    }),
  };
}

/** @returns null while being unused does not count against it */
export function idleClockOf(record: InstanceRecord, rules: IdleRules): IdleClock | null {
  const counting = idleCounting(record, rules);
  return counting.counts ? counting.clock : null;
}

/**
 * When an instance is to be stopped as idle, if nothing happens until then.
 *
 * @param clock null while being unused does not count against it
 * @returns null when it is not to be stopped, or in a time beyond what a date can say
 */
export function autoStopAt(clock: IdleClock | null, lastUsedAt: Timestamp | null): Timestamp | null {
  return clock === null ? null : parseTimestamp(stopAtMs(clock, lastUsedAt));
}

/** The member, or nothing at all when there is no value; for objects in which absent and null differ. */
export function present<Key extends string, Value>(
  key: Key,
  value: Value | null | undefined,
): { readonly [K in Key]?: Value } {
  return (value === null || value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
