-- Writes the status of a run, under its lock, and appends it as an event.
-- KEYS: hash tag, events, status, pause, history.
-- ARGV: lock, token, type, time, status document, events kept, history entry (empty for none), entries kept, entry for the
-- change feed (empty for none), its limit.
-- Answers 1, or 0 when the lock is lost. A command that is sent again because its answer was lost changes nothing. Steps of
-- progress can be equal but for their times; every other event is appended once for one status of its run.
local base = KEYS[1]
--- @include "<redis>/holds-lock.lua"
--- @include "<redis>/emit-fleet-event.lua"
--- @include "events.lua"
local lock, token, type, at, run, kept, entry, entriesKept, feedEntry, feedKept = unpack(ARGV)
if not holdsLock(lock, token) then return 0 end
local last = newest()
if last then
  local fields = fieldsOf(last)
  local isThere = fields.type == type and fields.run == run and (fields.at == at or type ~= 'sync.progress')
  if isThere then return 1 end
end
redis.call('SET', KEYS[3], run)
announce(last, kept, type, at, run, redis.call('GET', KEYS[4]) or '')
if entry ~= '' then
  redis.call('LPUSH', KEYS[5], entry)
  redis.call('LTRIM', KEYS[5], 0, entriesKept - 1)
end
if feedEntry ~= '' then emitFleetEvent(feedKept, type, at, feedEntry) end
return 1
