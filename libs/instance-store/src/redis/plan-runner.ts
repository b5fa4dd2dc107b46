import { msFromTimestamp, type Timestamp, traceCarrier } from '@app/platform';
import { type LockHold, LockLostError, RedisScript } from '@app/redis';
import { AUDIT_LOG_LENGTH, auditLine } from '../plan/audit-lines.js';
import type { EndingCommitment } from '../plan/commitment.js';
import { idleStateText } from '../plan/idle-clock.js';
import { microFromUsd, usdFromMicro } from '../plan/meter.js';
import { claimsOf, type LookUpTable, type Mutation, type WritePlan } from '../plan/write-plan.js';
import type { UnderCap } from '../ports/instance-records.port.js';
import { USES_KEPT } from '../ports/read-marks.port.js';
import { OverCapError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { storeKey } from './keys.js';
import type { StoreKeyspace } from './keyspace.js';
import type { RecordReply, RecordVersion } from './record-codec.js';

/** A plan and what it rests on. */
export interface PlannedWrite {
  readonly plan: WritePlan;
  /** The version that the plan was made from; `NO_RECORD` for none. */
  readonly expected: RecordVersion;
  /** The version that stands there afterwards. */
  readonly version: RecordVersion;
  /** The latest use that the write rests on, in epoch milliseconds; -1 for none, absent when it does not matter. */
  readonly usedBeforeMs?: number;
  /** What the write adds to the commitments of an owner, and what these may come to; absent where there is no cap. */
  readonly cap?: PlannedCap;
}

export interface PlannedCap extends EndingCommitment {
  readonly owner: string;
  readonly under: UnderCap;
}

export const NO_RECORD = '';
/** For a write whose basis is not known: it is rejected, and the rejection brings what stands there. */
export const NOT_KNOWN = '?';

export interface Rejection {
  /** Of the rejected plan, from 0. */
  readonly place: number;
  readonly why: 'missing' | 'differs' | 'used' | LookUpTable;
  /** The record that is in the way; null when there is none. */
  readonly holder: RecordReply | null;
}

export type RunOutcome =
  | { readonly outcome: 'done'; readonly lastUsed: string }
  | { readonly outcome: 'rejected'; readonly rejections: readonly Rejection[] };

type Reply =
  | ['done', lastUsed: string]
  | ['lock-lost']
  | ['over-cap', othersMicro: string, unpriced: number, othersToday?: string, wantedToday?: string]
  | ['rejected', ...(string | number)[]];

const APPLY_PLAN = RedisScript.fromFile(new URL('./lua/apply-plan.lua', import.meta.url), {
  AUDIT_LOG_LENGTH,
  USES_KEPT,
});
/** Values that apply-plan.lua answers for each rejected plan. */
const REJECTION_LENGTH = 7;

/** Sends plans to Redis, which carries out all that are sent together or none of them. */
export class PlanRunner {
  constructor(private readonly keyspace: StoreKeyspace) {}

  /**
   * @param writes of several none is under a cap
   * @throws LockLostError, OverCapError, StoreUnavailableError
   */
  async run(writes: readonly PlannedWrite[], at: Timestamp, hold: LockHold | undefined): Promise<RunOutcome> {
    const commands = new Commands(msFromTimestamp(at));
    for (const { plan, version } of writes) commands.add(plan, version);
    const trace = traceCarrier();
    const header = {
      lock: hold?.name ?? '',
      token: hold?.token ?? '',
      limit: this.keyspace.feedLimit,
      at,
      ...(trace !== null && { trace }),
      checks: writes.map(({ plan, expected, version, usedBeforeMs }) => [
        plan.id,
        expected,
        plan.after === null ? '' : version,
        usedBeforeMs ?? '',
      ]),
      claims: claims(writes),
      ...capOf(writes),
      commands: commands.all(),
    };
    const reply = (await this.keyspace.run(APPLY_PLAN, [JSON.stringify(header), ...commands.documents])) as Reply;
    switch (reply[0]) {
      case 'done':
        return { outcome: 'done', lastUsed: reply[1] };
      case 'lock-lost':
        throw new LockLostError(hold?.name ?? '');
      case 'over-cap': {
        const [, othersMicro, unpriced, ...today] = reply;
        const wanted = writes[0]?.cap?.commitment ?? 'unpriced';
        const wantedUsdPerHour = wanted === 'unpriced' ? null : usdFromMicro(wanted);
        const [othersUsd, wantedUsd] = today.map((micro) => usdFromMicro(Number(micro)));
        const day = othersUsd === undefined || wantedUsd === undefined ? null : { othersUsd, wantedUsd };
        throw new OverCapError(usdFromMicro(Number(othersMicro)), unpriced, wantedUsdPerHour, day);
      }
      case 'rejected':
        return { outcome: 'rejected', rejections: rejectionsOf(reply.slice(1)) };
    }
  }
}

function rejectionsOf(values: readonly (string | number)[]): Rejection[] {
  const rejections: Rejection[] = [];
  for (let from = 0; from < values.length; from += REJECTION_LENGTH) {
    const [place, why, id, version, lastUsed, doc, index] = values.slice(from, from + REJECTION_LENGTH) as [
      number,
      Rejection['why'],
      InstanceId,
      ...string[],
    ];
    const holder =
      version === undefined || version === ''
        ? null
        : { id, version, lastUsed: lastUsed ?? '', doc: doc ?? '', index: index ?? '' };
    rejections.push({ place: place - 1, why, holder });
  }
  return rejections;
}

/** As apply-plan.lua reads it. */
function capOf([write]: readonly PlannedWrite[]): { readonly cap?: Readonly<Record<string, string>> } {
  if (write?.cap === undefined) return {};
  const { owner, commitment, endsMs, under } = write.cap;
  const { capUsdPerHour, capOfDay } = under;
  return {
    cap: {
      key: storeKey.commitments(owner),
      id: write.plan.id,
      wanted: String(commitment),
      ends: endsMs === null ? '' : String(endsMs),
      most: capUsdPerHour === undefined ? '' : String(microFromUsd(capUsdPerHour)),
      left: capOfDay === undefined ? '' : String(microFromUsd(capOfDay.leftUsd)),
      from: String(capOfDay?.fromMs ?? ''),
      till: String(capOfDay?.untilMs ?? ''),
    },
  };
}

/** By table: names, and the place from 1 of the plan that gives each. */
function claims(writes: readonly PlannedWrite[]): [LookUpTable, string[], number[]][] {
  const byTable = new Map<LookUpTable, [LookUpTable, string[], number[]]>();
  writes.forEach(({ plan, expected }, index) => {
    if (expected === NOT_KNOWN) return;
    for (const { table, name } of claimsOf(plan)) {
      const claim = byTable.get(table) ?? [table, [], []];
      claim[1].push(name);
      claim[2].push(index + 1);
      byTable.set(table, claim);
    }
  });
  return (['by-marker', 'by-novita-id'] as const).flatMap((table) => {
    const claim = byTable.get(table);
    return claim === undefined ? [] : [claim];
  });
}

/**
 * One command as apply-plan.lua reads it. Numbers are texts: its JSON reader would turn them into floating-point
 * numbers.
 */
type Command = [name: string, key: string, ...args: (string | number)[]];

/**
 * The commands of several plans. Those that go to the same key are sent as one: otherwise the fixed cost of each
 * command would be most of the cost of a first import.
 */
class Commands {
  /** Document and index entry of each `put`. */
  readonly documents: string[] = [];
  /** Documents first: a Redis that is full refuses them before anything is written. */
  private readonly first: Command[] = [];
  private readonly merged = new Map<string, Command>();
  private readonly counts = new Map<string, { readonly key: string; readonly counter: string; by: number }>();
  private readonly last: Command[] = [];

  constructor(private readonly nowMs: number) {}

  add({ id, after, mutations }: WritePlan, version: RecordVersion): void {
    if (after === null) {
      this.merge('UNLINK', storeKey.instance(id));
    } else {
      // ARGV counts from 1, and the header comes first.
      this.first.push(['put', id, version, this.documents.length + 2, idleStateText(after.idle)]);
      this.documents.push(after.json, JSON.stringify(after.entry));
    }
    for (const mutation of mutations) this.mutate(id, mutation);
  }

  all(): readonly Command[] {
    const counts = [...this.counts.values()]
      .filter(({ by }) => by !== 0)
      .map(({ key, counter, by }): Command => ['count', key, counter, String(by)]);
    return [...this.first, ...this.merged.values(), ...counts, ...this.last];
  }

  private mutate(id: InstanceId, mutation: Mutation): void {
    switch (mutation.kind) {
      case 'look-up':
        if (mutation.isKept) this.merge('HSET', mutation.table, mutation.name, id);
        else this.merge('HDEL', mutation.table, mutation.name);
        return;
      case 'member':
        if (mutation.isKept) this.merge('ZADD', mutation.list, '0', mutation.member);
        else this.merge('ZREM', mutation.list, mutation.member);
        return;
      case 'deadline':
        if (mutation.at === null) this.merge('ZREM', storeKey.due(mutation.deadline), id);
        else this.merge('ZADD', storeKey.due(mutation.deadline), String(mutation.at), id);
        return;
      case 'idle-deadline':
        this.last.push(['idle', id, idleStateText(mutation.idle)]);
        return;
      case 'digest':
        if (mutation.digest === null) this.merge('HDEL', storeKey.digests, mutation.novitaId);
        else this.merge('HSET', storeKey.digests, mutation.novitaId, mutation.digest.toWellFormed());
        return;
      case 'count':
        this.count(mutation.of, mutation.counter, mutation.by);
        return;
      case 'meter':
        this.meter(id, mutation);
        return;
      case 'commitment': {
        const key = storeKey.commitments(mutation.owner);
        if (mutation.commitment === null) this.merge('HDEL', key, id);
        else this.merge('HSET', key, id, String(mutation.commitment));
        return;
      }
      case 'audit':
        this.last.push(['audit', id, ...mutation.entries.map(auditLine)]);
        return;
      case 'end-of-audit':
        this.merge('UNLINK', storeKey.auditLog(id));
        return;
      case 'last-use':
        this.last.push(['use', id, String(msFromTimestamp(mutation.at))]);
        return;
      case 'event':
        this.last.push(['event', id, mutation.type, String(mutation.revision)]);
    }
  }

  private merge(name: string, key: string, ...args: string[]): void {
    const command = this.merged.get(`${name} ${key}`);
    if (command === undefined) this.merged.set(`${name} ${key}`, [name, key, ...args]);
    else command.push(...args);
  }

  private count(key: string, counter: string, by: number): void {
    const count = this.counts.get(`${key} ${counter}`);
    if (count === undefined) this.counts.set(`${key} ${counter}`, { key, counter, by });
    else count.by += by;
  }

  private meter(id: InstanceId, { from, to }: Extract<Mutation, { kind: 'meter' }>): void {
    const begins = to.meter === 'billing' || to.meter === 'saving' ? to.meter : '';
    if (from.meter === 'billing' || from.meter === 'saving') {
      this.last.push([
        'meter',
        id,
        from.meter,
        String(from.rate),
        begins,
        String(this.nowMs),
        from.owner,
        from.product,
      ]);
    } else if (begins !== '') {
      this.merge('ZADD', storeKey.meter(begins), String(this.nowMs), id);
    }
  }
}
