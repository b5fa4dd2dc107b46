import { type Clock, inBatches, msFromTimestamp, type Timestamp } from '@app/platform';
import { LockLostError, RedisScript } from '@app/redis';
import type { Redis } from 'ioredis';
import { MAX_BATCH, refuseLargeBatch } from '../batch-limit.js';
import type { FleetNews } from '../change-feed.js';
import { CHANGE_FEED_LIMIT } from '../feed/feed-limit.js';
import { DEFAULT_IDLE_RULES } from '../idle/default-idle-rules.js';
import { idleStateOf, idleStateText, msOrBefore } from '../idle/idle-state.js';
import { DEADLINE_KINDS, type DeadlineKind, type InstanceRecord, type StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import type { InstanceStatus } from '../instance-status.js';
import {
  type FleetCounts,
  fleetCounts,
  IdentityTakenError,
  type IdleClaim,
  type IdleClaimResult,
  type IdleWarning,
  type ImportedInstance,
  type InsertResult,
  InstanceStore,
  type NewInstanceRecord,
  type PictureNote,
  type RecordPage,
  type TouchResult,
  type UnderLock,
  type WriteBasis,
  type WriteOptions,
  type WriteResult,
} from '../instance-store.port.js';
import { hashTagOf, storeKey } from '../keys.js';
import type { LedgerEntry } from '../ledger/ledger-entry.js';
import { LEDGER_LENGTH, ledgerLine, parseLedgerLine } from '../ledger/ledger-line.js';
import { unconfirmedEntry, warningEntry } from '../ledger/write-account.js';
import { DEFAULT_CONFIRM_PATIENCE_MS, type IndexEntry, parseIndexEntry } from '../record/index-entry.js';
import { type PreparedRecord, prepareImport, prepareRecord, type RecordRules } from '../record/prepare-record.js';
import type { InstanceSpend, SpendPeriod, SpendReading } from '../spend/spend-reading.js';
import { claimsOf, isOutdated, type LookUpTable, planWrite, type WriteAct, type WritePlan } from '../write-plan.js';
import { dropOldLists } from './drop-old-lists.js';
import { NO_RECORD, NOT_KNOWN, type PlannedWrite, PlanRunner, type Refusal } from './plan-runner.js';
import {
  type KnownLimits,
  newVersion,
  RecordReader,
  type RecordReply,
  type RecordVersion,
  revisionOf,
} from './record-reader.js';
import { RedisSpendMeters } from './redis-spend-meters.js';
import { orStoreError, orUnknownOutcome, StoreScripts } from './store-error.js';
import { Touches } from './touches.js';

export interface RedisInstanceStoreOptions extends Partial<RecordRules> {
  /** Becomes the hash tag of every key. */
  readonly keyPrefix: string;
  /** Entries of the change feed that are kept, about. */
  readonly feedLimit?: number;
  /** How many records are known, so that the next write of one needs no read. */
  readonly known?: KnownLimits;
}

type WriteOutcome = WriteResult | { readonly outcome: 'used-meanwhile'; readonly current: StoredInstance };

/** What a plan is made from: the state of a record, as its indexes hold it. */
interface Basis {
  readonly version: RecordVersion;
  readonly entry: IndexEntry;
}

const KNOWN: KnownLimits = { maxRecords: 5_000, maxCharacters: 32 * 1024 * 1024 };
/** A plan is made anew when another process wrote the same revision after a loss of data: once is rare, twice is not believable. */
const MAX_PLANS = 5;

const script = (name: string): RedisScript => RedisScript.fromFile(new URL(`./lua/${name}.lua`, import.meta.url));
const ANNOUNCE_ONCE = script('announce-once');
const ANNOUNCE_UNCONFIRMED = script('announce-unconfirmed');
const ENTER_IN_LEDGER = script('enter-in-ledger');
const KINDS_DUE = script('kinds-due');
const NOTE_PICTURES = script('note-pictures');
const READ = script('read');
const READ_BY_LOOK_UP = script('read-by-look-up');
const READ_BY_NAME = script('read-by-name');
const REINDEX_IDLE = script('reindex-idle');
const SCAN = script('scan');
const WARN_IDLE = script('warn-idle');

/**
 * Keeps the records in Redis: one hash per record, written together with its look-ups, deadlines, counters, audit log and
 * feed entry by one script. README.md of this lib has the table of the keys.
 */
export class RedisInstanceStore extends InstanceStore {
  private readonly hashTag: string;
  private readonly scripts: StoreScripts;
  private readonly reader: RecordReader;
  private readonly plans: PlanRunner;
  private readonly touches: Touches;
  private readonly meters: RedisSpendMeters;
  private readonly feedLimit: number;
  private readonly rules: RecordRules;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
    { keyPrefix, feedLimit = CHANGE_FEED_LIMIT, known = KNOWN, rules, confirmPatienceMs }: RedisInstanceStoreOptions,
  ) {
    super();
    this.hashTag = hashTagOf(keyPrefix);
    this.feedLimit = feedLimit;
    this.rules = {
      rules: rules ?? DEFAULT_IDLE_RULES,
      confirmPatienceMs: confirmPatienceMs ?? DEFAULT_CONFIRM_PATIENCE_MS,
    };
    this.scripts = new StoreScripts(redis, this.hashTag);
    this.reader = new RecordReader(known);
    this.plans = new PlanRunner(this.scripts, feedLimit);
    this.touches = new Touches(this.scripts);
    this.meters = new RedisSpendMeters(redis, this.scripts, this.hashTag);
  }

  override async insert(record: NewInstanceRecord): Promise<InsertResult> {
    const prepared = this.prepared({ ...record, revision: 1 });
    const at = this.clock.timestamp();
    const plan = planWrite(record.id, null, prepared, { kind: 'insert' }, at);
    const write: PlannedWrite = { plan, expected: NO_RECORD, version: newVersion(1) };
    const result = await orUnknownOutcome(record.id, this.plans.run([write], at, undefined));
    if (result.outcome === 'done') return { outcome: 'inserted', stored: this.written(write, prepared, null) };
    const holder = result.refusals[0]?.holder ?? null;
    if (holder === null) throw new Error(`the holder of a name of ${record.id} has no record`);
    return { outcome: 'exists', current: this.reader.read(holder) };
  }

  override async write(next: InstanceRecord, basis: WriteBasis, options: WriteOptions = {}): Promise<WriteResult> {
    const result = await this.writeFrom(next, basis, options);
    // Only a write that rests on the latest use can be refused for a later one.
    if (result.outcome === 'used-meanwhile') throw new Error('a write was refused for a use that it does not rest on');
    return result;
  }

  override async claimIdle(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const result = await this.writeFrom(next, { kind: 'command' }, { reason }, msOrBefore(lastUsedAt));
    switch (result.outcome) {
      case 'written':
        return { outcome: 'claimed', stored: result.stored };
      case 'outdated-observation':
        throw new Error('a claim was refused as an observation, which it is not');
      case 'stale':
      case 'used-meanwhile':
      case 'missing':
        return result;
    }
  }

  /** One round trip, if the state that the write rests on is known here; otherwise a first one learns it. */
  private async writeFrom(
    next: InstanceRecord,
    basis: WriteBasis,
    options: WriteOptions,
    usedBeforeMs?: number,
  ): Promise<WriteOutcome> {
    const { id } = next;
    const prepared = this.prepared({ ...next, revision: next.revision + 1 });
    const version = newVersion(prepared.record.revision);
    const at = this.clock.timestamp();
    const act: WriteAct = { kind: 'write', basis, options };
    let known: Basis | null = this.reader.knownAt(id, next.revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      if (known !== null && isOutdated(basis, known.entry)) known = null;
      const plan = known === null ? nothingFor(id, prepared) : planWrite(id, known.entry, prepared, act, at);
      const write: PlannedWrite = {
        plan,
        expected: known?.version ?? NOT_KNOWN,
        version,
        ...(usedBeforeMs !== undefined && { usedBeforeMs }),
      };
      const result = await orUnknownOutcome(id, this.plans.run([write], at, options.hold));
      if (result.outcome === 'done') {
        return { outcome: 'written', stored: this.written(write, prepared, result.lastUsed) };
      }
      const refusal = firstOf(result.refusals);
      const { why, holder } = refusal;
      if (holder === null) return { outcome: 'missing' };
      if (why === 'by-marker' || why === 'by-novita-id') throw takenError(why, holder.id);
      if (why === 'used') return { outcome: 'used-meanwhile', current: this.reader.read(holder) };
      const held = basisOf(holder);
      if (isOutdated(basis, held.entry)) return { outcome: 'outdated-observation', current: this.reader.read(holder) };
      if (revisionOf(held.version) !== next.revision) return { outcome: 'stale', current: this.reader.read(holder) };
      known = held;
    }
    throw new Error(`the record of ${id} changed ${MAX_PLANS} times within one revision`);
  }

  override async remove(
    id: InstanceId,
    revision: number,
    { hold }: Partial<UnderLock> = {},
  ): Promise<'removed' | 'stale' | 'missing'> {
    const at = this.clock.timestamp();
    let known: Basis | null = this.reader.knownAt(id, revision);
    for (let round = 0; round < MAX_PLANS; round++) {
      const plan = planWrite(id, known?.entry ?? null, null, { kind: 'remove', revision }, at);
      const write: PlannedWrite = { plan, expected: known?.version ?? NOT_KNOWN, version: '' };
      const result = await orUnknownOutcome(id, this.plans.run([write], at, hold));
      if (result.outcome === 'done') {
        this.reader.forget(id);
        return 'removed';
      }
      const { holder } = firstOf(result.refusals);
      if (holder === null) return 'missing';
      if (revisionOf(holder.version) !== revision) return 'stale';
      known = basisOf(holder);
    }
    throw new Error(`the record of ${id} changed ${MAX_PLANS} times within one revision`);
  }

  override async insertMany(instances: readonly ImportedInstance[], { hold }: UnderLock): Promise<readonly boolean[]> {
    refuseLargeBatch(instances.length);
    if (instances.length === 0) return [];
    const at = this.clock.timestamp();
    const plans = instances.map(({ record, picture }) => {
      const prepared = prepareImport(record, this.rules);
      this.reader.warn(record.id, prepared.warnings);
      return planWrite(record.id, null, prepared, { kind: 'import', picture }, at);
    });
    const inserted = instances.map(() => false);
    let left = plans.map((plan, place) => ({ plan, place }));
    // Again only when some are taken already: without them.
    while (left.length > 0) {
      const version = newVersion(1);
      const fit = withoutRivals(left).map(({ plan, place }) => ({ plan, place, expected: NO_RECORD, version }));
      const result = await this.plans.run(fit, at, hold);
      if (result.outcome === 'done') {
        for (const { place } of fit) inserted[place] = true;
        break;
      }
      const taken = new Set(result.refusals.map(({ place }) => fit[place]?.place));
      left = left.filter(({ place }) => !taken.has(place));
    }
    return inserted;
  }

  override async restore(records: readonly StoredInstance[]): Promise<number> {
    refuseLargeBatch(records.length);
    const at = this.clock.timestamp();
    const bases = new Map<InstanceId, Basis>();
    let left = records.map((stored) => ({
      ...stored,
      prepared: this.prepared(stored.record),
      version: newVersion(stored.record.revision),
    }));
    let restored = 0;
    // Again only when the store holds some of them, or their names: without those, or from what it holds.
    while (left.length > 0) {
      const planned = left.map((one) => {
        const basis = bases.get(one.record.id) ?? null;
        const act: WriteAct = { kind: 'restore', lastUsedAt: one.lastUsedAt };
        const plan = planWrite(one.record.id, basis?.entry ?? null, one.prepared, act, at);
        return { one, plan, expected: basis?.version ?? NO_RECORD, version: one.version };
      });
      const fit = withoutRivals(planned);
      const result = await this.plans.run(fit, at, undefined);
      if (result.outcome === 'done') {
        restored = fit.length;
        break;
      }
      const out = new Set<unknown>();
      for (const { place, why, holder } of result.refusals) {
        const one = fit[place]?.one;
        if (one === undefined) continue;
        const { id, revision } = one.record;
        if (why === 'missing') bases.delete(id);
        else if (why === 'differs' && holder !== null && revisionOf(holder.version) < revision) {
          bases.set(id, basisOf(holder));
        } else out.add(one);
      }
      left = left.filter((one) => !out.has(one));
    }
    if (restored < records.length || bases.size > 0) {
      // What the store holds may have been used later than it knows.
      await Promise.all(
        records.flatMap(({ record: { id }, lastUsedAt: use }) => (use === null ? [] : this.touch(id, use))),
      );
    }
    return restored;
  }

  override async notePictures(notes: readonly PictureNote[], { hold }: UnderLock): Promise<void> {
    refuseLargeBatch(notes.length);
    if (notes.length === 0) return;
    const args = notes.flatMap(({ id, revision, picture }) => [id, revision, picture]);
    const reply = (await this.scripts.run(NOTE_PICTURES, [hold.name, hold.token, ...args])) as 'noted' | 'lock-lost';
    if (reply === 'lock-lost') throw new LockLostError(hold.name);
  }

  override async pictures(novitaIds: readonly NovitaInstanceId[]): Promise<readonly (string | null)[]> {
    if (novitaIds.length === 0) return [];
    return orStoreError(this.redis.hmget(this.key(storeKey.pictures), ...novitaIds.map((id) => id.toWellFormed())));
  }

  override pictureCount(): Promise<number> {
    return orStoreError(this.redis.hlen(this.key(storeKey.pictures)));
  }

  override async *scanNovitaIds(signal?: AbortSignal): AsyncGenerator<readonly NovitaInstanceId[]> {
    let cursor = '0';
    signal?.throwIfAborted();
    do {
      // Values come along whether they are wanted or not: Redis can leave them out from 7.4 on only.
      const [next, flat] = await orStoreError(
        this.redis.hscan(this.key(storeKey.pictures), cursor, 'COUNT', SCANNED_TOGETHER),
      );
      cursor = next;
      const ids = flat.filter((_, place) => place % 2 === 0) as NovitaInstanceId[];
      if (ids.length > 0) yield ids;
      signal?.throwIfAborted();
    } while (cursor !== '0');
  }

  override async get(id: InstanceId | NovitaInstanceId): Promise<StoredInstance | null> {
    if (!isInstanceId(id)) return this.one(await this.lookUp('by-novita-id', [id]));
    return this.one(await this.byIds([id]));
  }

  override async getMany(ids: readonly InstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => this.byIds(batch));
  }

  override async getManyByNovitaId(ids: readonly NovitaInstanceId[]): Promise<readonly StoredInstance[]> {
    return this.many(ids, (batch) => this.lookUp('by-novita-id', batch));
  }

  override async getManyByMarker(markers: readonly string[]): Promise<readonly StoredInstance[]> {
    return this.many(markers, (batch) => this.lookUp('by-marker', batch));
  }

  override async findByMarker(marker: string): Promise<StoredInstance | null> {
    return this.one(await this.lookUp('by-marker', [marker]));
  }

  override async findByName(name: string, limit: number): Promise<readonly StoredInstance[]> {
    if (limit < 1) return [];
    const replies = repliesOf(await this.scripts.run(READ_BY_NAME, [name.toWellFormed(), limit]));
    return replies.flatMap((reply) => this.reader.readOrSkip(reply) ?? []);
  }

  override async scan(
    cursor: string | null,
    limit: number,
    statuses: readonly InstanceStatus[] = [],
  ): Promise<RecordPage> {
    refuseLargeBatch(limit);
    if (cursor === null) await dropOldLists(this.redis, this.hashTag);
    const [next, ...flat] = (await this.scripts.run(SCAN, [cursor ?? '', limit, ...statuses])) as [
      string,
      ...(string | null)[],
    ];
    const instances: StoredInstance[] = [];
    const skipped: InstanceId[] = [];
    for (const reply of repliesOf(flat)) {
      const stored = this.reader.readInPassing(reply);
      if (stored === null) skipped.push(reply.id);
      else instances.push(stored);
    }
    return { instances, nextCursor: next === '' ? null : next, ...(skipped.length > 0 && { skipped }) };
  }

  override async counts(): Promise<FleetCounts> {
    const counts = await orStoreError(this.redis.hgetall(this.key(storeKey.counts)));
    return fleetCounts((status) => Number(counts[status] ?? 0), Number(counts['discovered'] ?? 0));
  }

  override touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.touches.report(id, at, by);
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    const [lastUsed, told] = await orStoreError(
      this.redis.hmget(this.key(storeKey.instance(id)), 'lastUsed', 'lastUsedBy'),
    );
    const prefix = `${lastUsed} `;
    return told?.startsWith(prefix) ? told.slice(prefix.length) : null;
  }

  override async warnIdle(
    warning: IdleWarning,
  ): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    const at = this.clock.timestamp();
    return (await this.scripts.run(WARN_IDLE, [
      warning.id,
      warning.revision,
      msOrBefore(warning.lastUsedAt),
      msFromTimestamp(warning.idleSince),
      msFromTimestamp(warning.stopAt),
      this.feedLimit,
      at,
      ledgerLine(warningEntry(warning, at)),
    ])) as 'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing';
  }

  override async reindexIdle(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    const stored = await this.getMany(ids);
    if (stored.length === 0) return;
    const stateOf = (record: InstanceRecord): string => idleStateText(idleStateOf(record, this.rules.rules));
    await this.scripts.run(
      REINDEX_IDLE,
      stored.flatMap(({ record }) => [record.id, record.revision, stateOf(record)]),
    );
  }

  override async putOffIdle(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    if (ids.length === 0) return;
    const score = msFromTimestamp(at);
    // Only those that are there, and only forward.
    const members = ids.flatMap((id) => [score, id]);
    await orStoreError(this.redis.zadd(this.key(storeKey.due('autoStopAt')), 'XX', 'GT', ...members));
  }

  override async ledger(id: InstanceId, limit: number): Promise<readonly LedgerEntry[]> {
    if (limit < 1) return [];
    const last = Math.min(limit, LEDGER_LENGTH) - 1;
    const lines = await orStoreError(this.redis.lrange(this.key(storeKey.ledger(id)), 0, last));
    return lines.flatMap((line) => parseLedgerLine(line) ?? []);
  }

  override async enterInLedger(
    entries: readonly { readonly id: InstanceId; readonly entry: LedgerEntry }[],
  ): Promise<void> {
    refuseLargeBatch(entries.length);
    if (entries.length === 0) return;
    await this.scripts.run(
      ENTER_IN_LEDGER,
      entries.flatMap(({ id, entry }) => [id, ledgerLine(entry)]),
    );
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    if (limit < 1) return [];
    const latest = String(msFromTimestamp(now));
    const key = this.key(storeKey.due(kind));
    const ids = await orStoreError(this.redis.zrange(key, '-inf', latest, 'BYSCORE', 'LIMIT', skip, limit));
    return ids as InstanceId[];
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    const flags = (await this.scripts.run(KINDS_DUE, [msFromTimestamp(now), ...DEADLINE_KINDS])) as readonly number[];
    return new Set(DEADLINE_KINDS.filter((_, index) => flags[index] === 1));
  }

  override dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return orStoreError(this.redis.zcount(this.key(storeKey.due(kind)), '-inf', msFromTimestamp(now)));
  }

  override async announceUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    const now = this.clock.now();
    const at = this.clock.timestamp();
    const waiting = (await this.byIds(ids)).flatMap((reply) => {
      const { desired, desiredMs } = basisOf(reply).entry;
      if (desired === null || desired === 'running') return [];
      return [reply.id, desiredMs, ledgerLine(unconfirmedEntry(desired, now - desiredMs, at))];
    });
    if (waiting.length === 0) return 0;
    return (await this.scripts.run(ANNOUNCE_UNCONFIRMED, [now, at, this.feedLimit, ...waiting])) as number;
  }

  override spend(sinceDay: number): Promise<SpendReading> {
    return this.meters.read(sinceDay);
  }

  override spendByInstance(period: SpendPeriod, limit: number): Promise<readonly InstanceSpend[]> {
    return this.meters.byInstance(period, limit);
  }

  override bookSpend(now: Timestamp, signal: AbortSignal): Promise<void> {
    return this.meters.book(msFromTimestamp(now), signal);
  }

  override async announceOnce(key: string, { type, data }: FleetNews): Promise<boolean> {
    const args = [key, this.feedLimit, type, this.clock.timestamp(), JSON.stringify(data)];
    return (await this.scripts.run(ANNOUNCE_ONCE, args)) === 1;
  }

  private async byIds(ids: readonly InstanceId[]): Promise<RecordReply[]> {
    if (ids.length === 0) return [];
    const reply = (await this.scripts.run(READ, ids)) as (string | null)[];
    return ids.flatMap((id, i) => {
      const [version = null, lastUsed = null, doc = null, index = null] = reply.slice(4 * i, 4 * i + 4);
      return version === null ? [] : [{ id, version, lastUsed, doc, index }];
    });
  }

  private async lookUp(table: LookUpTable, names: readonly string[]): Promise<RecordReply[]> {
    const wellFormed = names.map((name) => name.toWellFormed());
    return repliesOf(await this.scripts.run(READ_BY_LOOK_UP, [table, ...wellFormed]));
  }

  private one([reply]: readonly RecordReply[]): StoredInstance | null {
    return reply === undefined ? null : this.reader.read(reply);
  }

  private async many<Name>(
    names: readonly Name[],
    read: (batch: readonly Name[]) => Promise<RecordReply[]>,
  ): Promise<StoredInstance[]> {
    const replies = await Promise.all([...inBatches(names, MAX_BATCH)].map(read));
    return replies.flat().flatMap((reply) => this.reader.readOrSkip(reply) ?? []);
  }

  private prepared(next: InstanceRecord): PreparedRecord {
    const prepared = prepareRecord(next, this.rules);
    this.reader.warn(next.id, prepared.warnings);
    return prepared;
  }

  private written(
    { version }: PlannedWrite,
    { record, json, entry }: PreparedRecord,
    lastUsed: string | null,
  ): StoredInstance {
    this.reader.remember({ version, record, index: JSON.stringify(entry) }, json.length);
    return this.reader.read({ id: record.id, version, lastUsed, doc: json, index: null });
  }

  private key(name: string): string {
    return `${this.hashTag}:${name}`;
  }
}

/** Provider's ids that one step of a scan brings, about. */
const SCANNED_TOGETHER = 1_000;

/** For a write that is sent only to learn what stands there. */
function nothingFor(id: InstanceId, after: PreparedRecord): WritePlan {
  return { id, after, mutations: [] };
}

function firstOf(refusals: readonly Refusal[]): Refusal {
  const [first] = refusals;
  if (first === undefined) throw new Error('a write was refused without a reason');
  return first;
}

/** @throws CorruptRecordError */
function basisOf({ id, version, index }: RecordReply): Basis {
  return { version, entry: parseIndexEntry(index ?? '', id) };
}

function takenError(table: LookUpTable, holder: InstanceId): IdentityTakenError {
  return new IdentityTakenError(table === 'by-marker' ? 'marker' : 'novitaInstanceId', holder);
}

/** Those of a batch that can be written together: of two with the same id or name the first one. */
function withoutRivals<Planned extends { readonly plan: WritePlan }>(planned: readonly Planned[]): readonly Planned[] {
  const taken = new Set<string>();
  return planned.filter(({ plan }) => {
    const names = [plan.id, ...claimsOf(plan).map(({ table, name }) => `${table} ${name}`)];
    if (names.some((name) => taken.has(name))) return false;
    for (const name of names) taken.add(name);
    return true;
  });
}

/** @param flat id, version, latest use, document and index entry of each record, one after the other */
function repliesOf(flat: unknown): RecordReply[] {
  const values = flat as (string | null)[];
  const replies: RecordReply[] = [];
  for (let i = 0; i < values.length; i += 5) {
    const [id, version, lastUsed = null, doc = null, index = null] = values.slice(i, i + 5);
    replies.push({ id: id as InstanceId, version: version ?? '', lastUsed, doc, index });
  }
  return replies;
}
