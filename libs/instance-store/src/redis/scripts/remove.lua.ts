import { HOLDS_LOCK_FRAGMENT } from '@app/platform';
import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';

/**
 * Removes a record that still has this revision. ARGV: id, revision, feed limit, time, name of the lock (empty for
 * none) and its token. Answers the outcome.
 */
export const REMOVE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
${HOLDS_LOCK_FRAGMENT}
local id, revision, feedLimit, at, lock, token = unpack(ARGV)
if not holdsLock(lock, token) then return 'lock-lost' end
local key = instanceKey(id)

local held = redis.call('HMGET', key, 'version', 'index')
if not held[1] then return 'missing' end
if revisionOf(held[1]) ~= revision then return 'stale' end

redis.call('DEL', key, base .. ':ledger:' .. id)
moveIndexes(id, cjson.decode(held[2]), nil)
redis.call('ZREM', base .. ':due:autoStopAt', id)
announce(feedLimit, 'instance.removed', id, revision, at, '')
return 'removed'
`);
