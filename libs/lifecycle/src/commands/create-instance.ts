import { createHash } from 'node:crypto';
import {
  type Actor,
  buildMarker,
  type EnvVar,
  type InstanceRecord,
  InstanceRecords,
  instanceIdFromUlid,
  keyLimitReached,
  lifetimeWithin,
  type NewInstanceRecord,
  NO_ATTEMPTS,
  type StoredInstance,
  TOKEN_AT_CREATE,
  URL_VARIABLE,
  WriteOutcomeUnknownError,
} from '@app/instance-store';
import { ReconcileRequests } from '@app/jobs';
import {
  Clock,
  IdGenerator,
  msFromTimestamp,
  PLATFORM_PROBLEMS,
  Problem,
  timestampFromMs,
  ULID_ALPHABET,
} from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import { encodeTime } from 'ulid';
import { REPORT_VARIABLES } from './create-request.js';
import type { Caller, CreateInstanceRequest } from './instance-commands.js';
import { CreateOptions, CreateResolver, type ResolvedCreate } from './resolve-create.js';
import { orKeyLimit, underCap } from './spend-cap.js';

const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** Two ids that agree in fifty random bits do not happen three times in a row. */
const MAX_IDS = 3;
/** As long as an idempotency key holds; after that the same key is a new request. */
const REPEAT_MS = 24 * 3_600_000;

/** Accepts a create: resolves it, writes the record with its first reconcile due, and enqueues that reconcile. */
@Injectable()
export class CreateInstance {
  private readonly logger = new Logger(CreateInstance.name);

  constructor(
    private readonly resolver: CreateResolver,
    private readonly records: InstanceRecords,
    private readonly requests: ReconcileRequests,
    private readonly ids: IdGenerator,
    private readonly clock: Clock,
    private readonly options: CreateOptions,
  ) {}

  async create(request: CreateInstanceRequest, caller: Caller, repeatKey?: string): Promise<StoredInstance> {
    const { keyName } = caller;
    const now = this.clock.now();
    // First of all: the instance that this request has bought may be the one that makes its offer unavailable by now.
    const made = repeatKey === undefined ? null : await this.findCreated(repeatKey);
    const stored = made ?? (await this.insert(request, caller, repeatKey, now));
    const { id, name, marker, spec } = stored.record;
    const { productName, region } = spec;
    const message = made === null ? 'create accepted' : 'create repeated';
    this.logger.log(message, { instanceId: id, name, marker, productName, region, by: keyName });
    await this.requests.now([id]);
    return stored;
  }

  async findCreated(repeatKey: string): Promise<StoredInstance | null> {
    const today = periodOf(this.clock.now());
    // The clock of the process that made it may be ahead of ours.
    const periods = [today - REPEAT_MS, today, today + REPEAT_MS];
    const ids = periods.flatMap((period) =>
      Array.from({ length: MAX_IDS }, (_, round) => instanceIdFromUlid(ulidOf(repeatKey, period, round))),
    );
    const found = await this.records.getMany(ids);
    return found.find(({ record }) => this.isRecent(record)) ?? null;
  }

  /**
   * With a key to repeat by, the id follows from the key and the period in which it was used, so that the insert itself
   * distinguishes a repeat that the search before it has missed.
   *
   * @param now when the request came: one time for the id and for the record, so that the one can be found by the other
   */
  private async insert(
    asked: CreateInstanceRequest,
    caller: Caller,
    repeatKey: string | undefined,
    now: number,
  ): Promise<StoredInstance> {
    const maxLifetimeMinutes = lifetimeWithin(asked.maxLifetimeMinutes, caller);
    const request = { ...asked, ...(maxLifetimeMinutes !== undefined && { maxLifetimeMinutes }) };
    const under = underCap(caller, request.cap);
    const resolved = withinItsPrice(await this.resolver.resolve(request), caller);
    refuseMonths(resolved, caller);
    const { fleetId, startupTimeoutMs } = this.options;
    for (let round = 0; round < MAX_IDS; round++) {
      const ulid = repeatKey === undefined ? this.ids.ulid() : ulidOf(repeatKey, periodOf(now), round);
      const identity = { ulid, fleetId, by: `user:${caller.keyName}` } as const;
      const record = newRecord(request, resolved, identity, now, startupTimeoutMs);
      const result = await this.records.insert(record, under).catch((error: unknown) => {
        if (error instanceof WriteOutcomeUnknownError) throw createOutcomeUnknown(error, repeatKey !== undefined);
        throw orKeyLimit(error, record, caller, request.cap);
      });
      if (result.outcome === 'inserted') return result.stored;
      const { current } = result;
      if (repeatKey !== undefined && current.record.id === record.id && this.isRecent(current.record)) return current;
    }
    throw new Error(`${MAX_IDS} new ids in a row were taken`);
  }

  private isRecent({ timestamps }: InstanceRecord): boolean {
    return this.clock.now() - msFromTimestamp(timestamps.created) < REPEAT_MS;
  }
}

/**
 * For a key with limits only places that cost no more than the chosen one are tried after it: the write is held against the cap at
 * the price of that one, and nobody asks again when the provider turns out to have none left there.
 */
function withinItsPrice(resolved: ResolvedCreate, { limits }: Caller): ResolvedCreate {
  const { spec, usdPerHour: most } = resolved;
  if (limits === undefined || most === null) return resolved;
  const fallbacks = spec.fallbacks.filter(({ usdPerHour }) => usdPerHour !== null && usdPerHour <= most);
  return { ...resolved, spec: { ...spec, fallbacks } };
}

/**
 * A month is paid whether the instance lives for it or not, so no limit of hours ends that cost.
 * @throws Problem `key-limit-reached`
 */
function refuseMonths({ spec }: ResolvedCreate, { keyName, limits }: Caller): void {
  if (limits === undefined || spec.billingMode !== 'monthly') return;
  throw keyLimitReached({
    detail: `The key "${keyName}" has limits, and an instance that is paid by the month costs the whole month.`,
    errors: [{ pointer: '/billingMode', detail: 'must be onDemand or spot' }],
    suggestion: 'Give billingMode onDemand or spot.',
  });
}

function createOutcomeUnknown(error: WriteOutcomeUnknownError, hasKey: boolean): Problem {
  const { id } = error;
  return new Problem(PLATFORM_PROBLEMS['outcome-unknown'], {
    detail: `The record of instance ${id} was sent to Redis and no answer came back. If it was written, the instance is being created.`,
    suggestion: hasKey
      ? 'Send the same request again with the same Idempotency-Key: it finds the first record, if there is one.'
      : `Read GET /api/v1/instances/${id} once Redis answers again. Only when it answers 404 was nothing made, and the create may be sent again; with an Idempotency-Key it can be repeated at any time.`,
    retryable: hasKey,
    extensions: { instanceId: id },
    cause: error,
  });
}

/**
 * The record of a create that was just accepted: nothing exists at the provider, and the first reconcile is due.
 *
 * @param ulid gives the id and the marker
 * @param now epoch milliseconds
 */
export function newRecord(
  request: CreateInstanceRequest,
  { spec, usdPerHour }: ResolvedCreate,
  { ulid, fleetId, by }: { readonly ulid: string; readonly fleetId: string; readonly by: Actor },
  now: number,
  startupTimeoutMs: number,
): NewInstanceRecord {
  const at = timestampFromMs(now);
  const id = instanceIdFromUlid(ulid);
  const { reportTo } = request;
  return {
    id,
    novitaInstanceId: null,
    name: request.name,
    marker: buildMarker(fleetId, ulid),
    origin: 'managed',
    createdBy: by,
    spec: reportTo === undefined ? spec : { ...spec, envs: withOwnAddress(spec.envs, `${reportTo}/${id}`) },
    desired: { state: 'running', at, by, ...(request.overSpendLimit === true && { overSpendLimit: true }) },
    restartRequestedAt: null,
    status: 'creating',
    novitaStatus: null,
    observedAt: null,
    source: null,
    confirmedAt: null,
    timestamps: { created: at },
    deadlines: { nextReconcileAt: at, startupBy: timestampFromMs(now + startupTimeoutMs) },
    autoStop: request.autoStop ?? {},
    maxLifetimeMinutes: request.maxLifetimeMinutes ?? null,
    price: { usdPerHour },
    cost: null,
    connection: { ssh: null, jupyter: null, webTerminal: null, portMappings: [] },
    webhookUrl: request.webhookUrl ?? null,
    lastError: null,
    attempts: NO_ATTEMPTS,
    probes: [],
    foreignChange: null,
    spot: null,
    migration: null,
    stopHold: null,
    missingSince: null,
    ignored: null,
    reportToken: reportTo === undefined ? null : TOKEN_AT_CREATE,
  };
}

/** The token itself is made when a machine is bought, and stands in no record. */
function withOwnAddress(envs: readonly EnvVar[], value: string): readonly EnvVar[] {
  return [...envs.filter(({ key }) => !REPORT_VARIABLES.has(key)), { key: URL_VARIABLE, value }];
}

/** The beginning of the period, as long as a key holds, in which this time lies. A key is used anew in another one. */
function periodOf(epochMs: number): number {
  return Math.floor(epochMs / REPEAT_MS) * REPEAT_MS;
}

function ulidOf(repeatKey: string, period: number, round: number): string {
  return repeatableUlid(`${repeatKey} ${round}`, period);
}

/** Always the same id for the same text and time, in the form of a ULID of that time. */
export function repeatableUlid(text: string, epochMs: number): string {
  const digest = createHash('sha256').update(`${text} ${epochMs}`).digest();
  // 32 bytes for 16 characters; the low five bits of each are evenly spread.
  const random = Array.from(digest.subarray(0, RANDOM_LENGTH), (byte) => ULID_ALPHABET.charAt(byte & 31));
  return `${encodeTime(epochMs, TIME_LENGTH)}${random.join('')}`;
}
