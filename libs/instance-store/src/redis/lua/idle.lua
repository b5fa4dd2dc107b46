-- Keeps the idle deadlines, which follow from a record and from its latest use; only Redis knows the use. A record's `state`
-- is its status and, when idleness counts: since when by the latest signal in the record itself, how long it may last, and how
-- long before its end a warning goes out, in milliseconds. `warned` is the beginning of the idle period that the latest
-- warning was about. `idleDueMs` in src/plan/idle-clock.ts computes the
-- same for the memory adapter.
local idleKey = base .. ':due:autoStopAt'

-- nil when idleness does not count; a whole number, which Redis takes as it is
local function idleDue(state, lastUsed, warned)
  local from, threshold, warning = string.match(state, ' (%-?%d+) (%d+) (%d+)$')
  if not from then return nil end
  local since, used = tonumber(from), lastUsed and tonumber(lastUsed)
  if used and used > since then since = used end
  if warned and tonumber(warned) == since then return since + threshold end
  return since + threshold - warning
end

-- always set or removed, whatever the set seems to hold: the deadline may have been postponed, or lost
local function placeIdle(id, state, lastUsed, warned)
  local due = idleDue(state, lastUsed, warned)
  if due then redis.call('ZADD', idleKey, due, id) else redis.call('ZREM', idleKey, id) end
end
