-- Moves the latest use forward, and the idle deadline with it. KEYS: the hash tag of the fleet.
-- ARGV, four for each use: id, `ours` or `novita`, epoch milliseconds, the reporter (empty when it is not known).
-- Answers four for each: id, the later time, whether that is the given one, and the status; all nil for a missing record.
-- The reporter is kept with the time of the use, so that a later use by an unknown reporter does not seem to be theirs.
--- @include "keys.lua"
--- @include "idle.lua"
--- @include "uses.lua"
local noted = {}

local function touch(id, kind, at, by)
  if kind == 'novita' then
    id = redis.call('HGET', base .. ':by-novita-id', id)
    if not id then return end
  end
  local key = instanceKey(id)
  -- as few fields as will do: each costs nearly as much as a call
  local held = redis.call('HMGET', key, 'lastUsed', 'state', 'warned')
  local lastUsed, state, warned = held[1], held[2], held[3]
  if not state then
    -- older versions wrote none
    local index = redis.call('HGET', key, 'index')
    if not index then return end
    state = cjson.decode(index).status
  end
  local space = string.find(state, ' ', 1, true)
  local status = space and string.sub(state, 1, space - 1) or state
  if lastUsed and tonumber(lastUsed) >= tonumber(at) then return id, lastUsed, 0, status end

  if by == '' then
    redis.call('HSET', key, 'lastUsed', at)
  else
    redis.call('HSET', key, 'lastUsed', at, 'lastUsedBy', at .. ' ' .. by)
  end
  noted[#noted + 1], noted[#noted + 2] = id, at
  local due = space and idleDue(state, at, warned)
  if due then redis.call('ZADD', idleKey, due, id) end
  return id, at, 1, status
end

local answer = {}
for i = 1, #ARGV, 4 do
  local id, lastUsed, moved, status = touch(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  answer[i], answer[i + 1], answer[i + 2], answer[i + 3] = id or false, lastUsed or false, moved or false, status or false
end
noteUses(noted)
return answer
