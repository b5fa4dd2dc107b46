-- Emits an event for each stop and delete that the provider should have confirmed by now, unless one was emitted lately.
-- KEYS: the hash tag of the fleet. ARGV: time in epoch milliseconds and as text, feed limit, then ids with when the stop or delete
-- was asked for (epoch milliseconds) and the line for the audit log.
-- Answers how many events were emitted. A record that has another desired state by now, or is not waiting any more, is
-- passed over.
--- @include "keys.lua"
--- @include "feed.lua"
--- @include "audit.lua"
local now, at, feedLimit = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local emitted = 0
for i = 4, #ARGV, 3 do
  local id, desiredMs, line = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local due = redis.call('ZSCORE', base .. ':due:confirmBy', id)
  if due and tonumber(due) <= now then
    local held = redis.call('HMGET', instanceKey(id), 'version', 'index', 'doc')
    local isSame = held[1] and string.format('%.0f', cjson.decode(held[2]).desiredMs) == desiredMs
    if isSame and claimEvent('unconfirmed-' .. id .. '-' .. desiredMs, at) then
      emitChange(feedLimit, 'instance.unconfirmed', id, revisionOf(held[1]), at, held[3])
      appendAuditEntry(id, line)
      emitted = emitted + 1
    end
  end
end
return emitted
