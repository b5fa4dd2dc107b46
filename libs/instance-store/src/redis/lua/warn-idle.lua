-- Warns of the stop of an idle instance, once in each idle period. KEYS: the hash tag of the fleet.
-- ARGV: id, revision and latest use that the warning rests on (-1 for none), beginning of the idle period, time of the stop
-- (all in epoch milliseconds), feed limit, time, line for the audit log.
-- Answers `warned`, `already`, `used-meanwhile`, `missing` or `stale`; `stale` too where idleness does not count by the
-- rules that the record was indexed under.
--- @include "keys.lua"
--- @include "feed.lua"
--- @include "audit.lua"
--- @include "idle.lua"
local id, revision, lastUsed, since, stopAt, feedLimit, at, line = unpack(ARGV)
local key = instanceKey(id)

local held = redis.call('HMGET', key, 'version', 'lastUsed', 'warned', 'doc', 'state')
if not held[1] then return 'missing' end
if revisionOf(held[1]) ~= revision or not idleDue(held[5] or '') then return 'stale' end
if held[2] and tonumber(held[2]) > tonumber(lastUsed) then return 'used-meanwhile' end
if held[3] == since then return 'already' end

redis.call('HSET', key, 'warned', since)
redis.call('ZADD', idleKey, stopAt, id)
emitChange(feedLimit, 'instance.auto_stop_warning', id, revision, at, held[4])
appendAuditEntry(id, line)
return 'warned'
