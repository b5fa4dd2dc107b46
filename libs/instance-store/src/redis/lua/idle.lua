-- Keeps the idle deadlines, which follow from a record and from its latest use, and only Redis knows that one. A record's
-- `state` is its status and, when idleness counts, since when at the latest sign in the record itself, how long it may
-- last, and how long before its end a warning goes out, in milliseconds. `warned` is the beginning of the idle period that
-- was warned about last. `idleDueMs` in idle-state.ts works the same out for the memory adapter.
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

-- set or taken out whatever the index seems to hold: it may have been put off, or lost
local function placeIdle(id, state, lastUsed, warned)
  local due = idleDue(state, lastUsed, warned)
  if due then redis.call('ZADD', idleKey, due, id) else redis.call('ZREM', idleKey, id) end
end
