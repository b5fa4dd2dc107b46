import { HOLDS_LOCK_FRAGMENT } from '@app/redis';
import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';
import { IDLE_FRAGMENT } from './idle.lua.js';
import { LEDGER_FRAGMENT } from './ledger.lua.js';
import { METERS_FRAGMENT } from './meters.lua.js';

/**
 * Replaces a record that still has the revision it was read with.
 * ARGV: id, revision read, new version, document, index entry, when it was observed in epoch milliseconds (empty for a
 * command), change type if the status changes, a second one and the status before that it is due from (each may be empty), feed limit, time, picture, name of the lock (empty for none) and its
 * token, idle state, the last-used that the write rests on (-1 for none; empty when it does not matter), who wished and
 * who changes the status and why (each as JSON), one more line for the ledger (or empty), now in epoch milliseconds.
 * Answers the outcome, then: for `written` last-used; for `stale`, `used-meanwhile` and `outdated-observation` version,
 * last-used and document of what stands there; for `taken` what is taken and the id of its holder.
 */
export const WRITE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
${HOLDS_LOCK_FRAGMENT}
${IDLE_FRAGMENT}
${LEDGER_FRAGMENT}
${METERS_FRAGMENT}
local id, revision, version, doc, index, observedMs, reached, also, alsoFrom, feedLimit, at, picture, lock, token, state, usedBefore,
  wishedBy, changedBy, reason, extra, now = unpack(ARGV)
local key = instanceKey(id)

local held = redis.call('HMGET', key, 'version', 'lastUsed', 'index', 'warned')
-- sent again because the first answer was lost; that one took effect, whoever holds the lock by now
if held[1] == version then return {'written', held[2]} end
if not holdsLock(lock, token) then return {'lock-lost'} end
if not held[1] then return {'missing'} end
local old = cjson.decode(held[3])

-- times are compared as numbers: the order of strings depends on the server's locale
if observedMs ~= '' and tonumber(observedMs) < old.desiredMs then
  return {'outdated-observation', held[1], held[2], redis.call('HGET', key, 'doc')}
end
if revisionOf(held[1]) ~= revision then
  return {'stale', held[1], held[2], redis.call('HGET', key, 'doc')}
end

if usedBefore ~= '' and held[2] and tonumber(held[2]) > tonumber(usedBefore) then
  return {'used-meanwhile', held[1], held[2], redis.call('HGET', key, 'doc')}
end

local new = cjson.decode(index)
for field, lookUp in pairs({marker = ':by-marker', novitaId = ':by-novita-id'}) do
  if new[field] ~= '' and new[field] ~= old[field] then
    local holder = redis.call('HGET', base .. lookUp, new[field])
    if holder then return {'taken', field, holder} end
  end
end

redis.call('HSET', key, 'doc', doc, 'version', version, 'index', index, 'state', state)
moveIndexes(id, old, new, picture)
moveMeter(id, old, new, now)
placeIdle(id, state, held[2], held[4])
enterChanges(id, old, new, at, wishedBy, changedBy, reason, extra)
announceWrite(feedLimit, old.status, new.status, reached, also, alsoFrom, id, revisionOf(version), at, doc)
return {'written', held[2]}
`);
