import { HOLDS_LOCK_FRAGMENT } from '@app/redis';
import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';
import { METERS_FRAGMENT } from './meters.lua.js';

/**
 * Removes a record that still has this revision. ARGV: id, revision, feed limit, time, name of the lock (empty for
 * none) and its token, now in epoch milliseconds. Answers the outcome.
 */
export const REMOVE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
${HOLDS_LOCK_FRAGMENT}
${METERS_FRAGMENT}
local id, revision, feedLimit, at, lock, token, now = unpack(ARGV)
if not holdsLock(lock, token) then return 'lock-lost' end
local key = instanceKey(id)

local held = redis.call('HMGET', key, 'version', 'index')
if not held[1] then return 'missing' end
if revisionOf(held[1]) ~= revision then return 'stale' end

redis.call('DEL', key, base .. ':ledger:' .. id)
local old = cjson.decode(held[2])
moveIndexes(id, old, nil)
moveMeter(id, old, nil, now)
redis.call('ZREM', base .. ':due:autoStopAt', id)
announce(feedLimit, 'instance.removed', id, revision, at, '')
return 'removed'
`);
