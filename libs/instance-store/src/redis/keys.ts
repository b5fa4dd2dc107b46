import type { RunningMeter } from '../plan/meter.js';
import type { InstanceId } from '../record/identity.js';
import type { DeadlineKind } from '../record/instance.js';

/** One kind of key of the store in Redis. */
interface StoreKey {
  /** After the hash tag and a colon; `<…>` stands for any text. */
  readonly key: string;
  readonly type: 'hash' | 'list' | 'sorted set' | 'stream' | 'string';
  readonly holds: string;
  readonly writtenBy: string;
}

/** Every key that the store writes. Each begins with the hash tag of the fleet, `{REDIS_KEY_PREFIX}:`. */
export const STORE_KEYS: readonly StoreKey[] = [
  {
    key: 'instance:<id>',
    type: 'hash',
    holds:
      'one record: `doc` (JSON), `version` (revision and nonce), `index` (what all other keys hold of it), `state` (what a touch must know), `lastUsed`, `lastUsedBy`, `warned`',
    writtenBy: 'apply-plan; touch, warn-idle and reindex-idle their own fields',
  },
  {
    key: 'by-created:all',
    type: 'sorted set',
    holds: 'the one index: time of creation and id of every record, for going through all of them',
    writtenBy: 'apply-plan',
  },
  {
    key: 'by-name:all',
    type: 'sorted set',
    holds: 'look-up of the records of one exact name: name, time of creation and id',
    writtenBy: 'apply-plan',
  },
  { key: 'by-marker', type: 'hash', holds: 'look-up: id by marker', writtenBy: 'apply-plan' },
  { key: 'by-novita-id', type: 'hash', holds: "look-up: id by the provider's id", writtenBy: 'apply-plan' },
  {
    key: 'pictures',
    type: 'hash',
    holds: "listing digest of each live record by its provider's id; empty when it is not known",
    writtenBy: 'apply-plan, note-digests',
  },
  {
    key: 'due:<kind>',
    type: 'sorted set',
    holds:
      'ids by deadline in epoch milliseconds; kinds: startupBy, nextReconcileAt, migrateBy, holdUntil, purgeAt, confirmBy, lifetimeEndsAt, autoStopAt',
    writtenBy: 'apply-plan; autoStopAt also touch, warn-idle, reindex-idle and `IdleTracker.postpone`',
  },
  {
    key: 'counts',
    type: 'hash',
    holds: 'how many records have each status, and how many were made elsewhere (`discovered`)',
    writtenBy: 'apply-plan',
  },
  {
    key: 'ledger:<id>',
    type: 'list',
    holds: 'audit log of one record: lines of JSON, the latest first, at most 200',
    writtenBy: 'apply-plan, warn-idle, emit-unconfirmed, append-audit-entry',
  },
  {
    key: 'changes',
    type: 'stream',
    holds: 'the change feed, about the latest 10,000 entries',
    writtenBy: 'apply-plan, warn-idle, emit-unconfirmed, emit-once, scripts of the sync',
  },
  {
    key: 'uses',
    type: 'stream',
    holds:
      'the latest uses in the order of their reports, id and epoch milliseconds; about 50,000 entries of ten uses at most',
    writtenBy: 'touch, apply-plan',
  },
  {
    key: 'incarnation',
    type: 'string',
    holds: 'a random text that lasts as long as the data: when it is gone or another one, data were lost',
    writtenBy: 'incarnation',
  },
  {
    key: 'told:<key>',
    type: 'string',
    holds: 'that an event of this key was emitted; ends after 48 hours',
    writtenBy: 'emit-once, emit-unconfirmed',
  },
  {
    key: 'rates',
    type: 'hash',
    holds:
      'sums of what runs, in micro-USD per hour: total, by status, region and product; and how many are `unpriced`',
    writtenBy: 'apply-plan',
  },
  {
    key: 'commitments:<owner>',
    type: 'hash',
    holds:
      'by id, what each instance of an owner costs an hour from when it is asked for, in micro-USD, or `unpriced`; only of people. When a lifetime ends it stands in `due:lifetimeEndsAt`',
    writtenBy: 'apply-plan',
  },
  {
    key: 'meter:<meter>',
    type: 'sorted set',
    holds: 'ids of the running meters (billing, saving) by the time until which they are accrued',
    writtenBy: 'apply-plan, accrue-meters',
  },
  {
    key: 'spend:day:<day>',
    type: 'sorted set',
    holds: 'ids by what they have cost on a day (days since 1970), in micro-USD; ends 7 days after the last accrual',
    writtenBy: 'apply-plan, accrue-meters',
  },
  {
    key: 'spend:month:<month>',
    type: 'sorted set',
    holds: 'the same for a month (12 times the year plus the month from 0); ends after 100 days',
    writtenBy: 'apply-plan, accrue-meters',
  },
  {
    key: 'spend:parts:<day>',
    type: 'hash',
    holds:
      'what all have cost on a day by `owner:<who made it>` and by `product:<name>`, in micro-USD; ends 62 days after the last accrual',
    writtenBy: 'apply-plan, accrue-meters',
  },
  {
    key: 'spend:of:<id>',
    type: 'hash',
    holds:
      'what one instance has cost by day, in micro-USD, and saved (`s` before the day); ends 40 days after the last accrual',
    writtenBy: 'apply-plan, accrue-meters',
  },
  {
    key: 'spend:total',
    type: 'hash',
    holds: 'what all have cost by day, in micro-USD; 400 days',
    writtenBy: 'apply-plan, accrue-meters, note-accrued',
  },
  {
    key: 'saved:total',
    type: 'hash',
    holds: 'what stops by auto-stop have saved by day, in micro-USD; 400 days',
    writtenBy: 'apply-plan, accrue-meters, note-accrued',
  },
  {
    key: 'saved:before',
    type: 'string',
    holds: 'the sum of the days that saved:total has no more',
    writtenBy: 'note-accrued',
  },
  { key: 'spend:booked', type: 'string', holds: 'until when all meters are accrued', writtenBy: 'note-accrued' },
  {
    key: 'old-lists',
    type: 'string',
    holds: 'that the lists of the version before are being removed',
    writtenBy: '`dropOldLists` in redis-instance-records.ts',
  },
];

/** Keys without the hash tag. */
export const storeKey = {
  instance: (id: InstanceId): string => `instance:${id}`,
  auditLog: (id: InstanceId): string => `ledger:${id}`,
  due: (kind: DeadlineKind): string => `due:${kind}`,
  commitments: (owner: string): string => `commitments:${owner}`,
  meter: (meter: RunningMeter): string => `meter:${meter}`,
  counts: 'counts',
  digests: 'pictures',
  oldLists: 'old-lists',
} as const;

/** The hash tag of a fleet: it begins every key, and keeps them together in a cluster. */
export function hashTagOf(keyPrefix: string): string {
  return `{${keyPrefix}}`;
}
