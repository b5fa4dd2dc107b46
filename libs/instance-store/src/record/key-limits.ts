import {
  type ApiKeyLimits,
  HOUR_MS,
  MINUTE_MS,
  msFromTimestamp,
  PLATFORM_PROBLEMS,
  Problem,
  type ProblemDetails,
  type Timestamp,
  timestampFromMs,
} from '@app/platform';
import { type InstanceRecord, ownerOf } from './instance.js';

/*
 * The rules of a key with limits. Pure. What its instances cost is held against the cap by the store, in one step with the write;
 * here stands how long they may live, and that the key begins and prolongs nothing that another key pays for.
 */

/** Who commands. */
export interface KeyCaller {
  /** Name of the API key. */
  readonly keyName: string;
  /** Absent for a key without limits. */
  readonly limits?: ApiKeyLimits;
}

/** @returns the problem of a request that a limit of the key does not allow */
export function keyLimitReached(details: ProblemDetails): Problem {
  return new Problem(PLATFORM_PROBLEMS['key-limit-reached'], details);
}

/**
 * Lets a key with limits begin, prolong and change only what was made with it: its limits count the instances that it made, so
 * anything else would cost past them.
 * @param action such as `start`
 * @throws Problem `key-limit-reached`
 */
export function refuseWhatOthersMade(record: InstanceRecord, { keyName, limits }: KeyCaller, action: string): void {
  if (limits === undefined) return;
  const owner = ownerOf(record);
  if (owner === `user:${keyName}`) return;
  throw keyLimitReached({
    detail: `cannot ${action} instance ${record.id}: it was made by ${owner}, and the key "${keyName}" has limits, which count only what was made with it`,
    suggestion: 'Have whoever made it do that, or create an instance of your own.',
    extensions: { instanceId: record.id, owner },
  });
}

/**
 * The lifetime of a new instance, in minutes. One that is not given is the longest that the key allows: an instance of a key with
 * limits always has an end, and who says nothing of it means the rule.
 * @throws Problem `key-limit-reached` for a longer one
 */
export function lifetimeWithin(minutes: number | undefined, { limits }: Pick<KeyCaller, 'limits'>): number | undefined {
  if (limits === undefined) return minutes;
  return minutes === undefined ? mostMinutes(limits) : refuseLongLifetime(minutes, { limits });
}

/**
 * @param minutes of a change of settings, or of the instance that is to begin again; null for a lifetime without an end
 * @throws Problem `key-limit-reached`
 */
export function refuseLongLifetime<Minutes extends number | null>(
  minutes: Minutes,
  { limits }: Pick<KeyCaller, 'limits'>,
): Minutes {
  if (limits === undefined || (minutes !== null && minutes <= mostMinutes(limits))) return minutes;
  const most = mostMinutes(limits);
  throw keyLimitReached({
    detail: `An instance of this key lives for ${most} minutes at most, from its creation on; ${minutes === null ? 'this one would have no end' : `this one would live for ${minutes}`}.`,
    errors: [{ pointer: '/maxLifetimeMinutes', detail: `must be at most ${most}` }],
    suggestion: `Give maxLifetimeMinutes of at most ${most}.`,
    extensions: { limit: 'hoursPerInstance', maximum: most },
  });
}

/**
 * @param now epoch milliseconds
 * @throws Problem `key-limit-reached` for a lease that is longer than an instance of the key may live
 */
export function refuseLongLease(until: Timestamp, { limits }: Pick<KeyCaller, 'limits'>, now: number): void {
  if (limits === undefined) return;
  const latest = now + limits.hoursPerInstance * HOUR_MS;
  if (msFromTimestamp(until) <= latest) return;
  throw keyLimitReached({
    detail: `A lease by this key lasts for ${mostMinutes(limits)} minutes at most; this one would last until ${until}.`,
    errors: [{ pointer: '/until', detail: `must not lie after ${timestampFromMs(latest)}` }],
    suggestion: `Give a time that is not after ${timestampFromMs(latest)}.`,
    extensions: { limit: 'hoursPerInstance', latest: timestampFromMs(latest) },
  });
}

function mostMinutes({ hoursPerInstance }: ApiKeyLimits): number {
  return (hoursPerInstance * HOUR_MS) / MINUTE_MS;
}
