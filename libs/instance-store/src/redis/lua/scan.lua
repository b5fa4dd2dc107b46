-- One page of the index, which is by time of creation. KEYS: the hash tag of the fleet.
-- ARGV: member to begin after (or empty), how many members to examine, statuses that are wanted (none for all).
-- Answers the member to go on after (empty after the last page), then id, version, latest use, document and index entry of
-- each. Nothing of a record of another status leaves Redis.
--- @include "keys.lua"
local after, limit = ARGV[1], tonumber(ARGV[2])
local wanted = #ARGV > 2 and {} or nil
for i = 3, #ARGV do wanted[ARGV[i]] = true end

local function isWanted(held)
  if not wanted then return true end
  -- older versions wrote no state
  local status = held[1] and string.match(held[1], '^[^ ]+') or held[2] and cjson.decode(held[2]).status
  return wanted[status]
end

local from = after == '' and '-' or '(' .. after
local members = redis.call('ZRANGE', base .. ':by-created:all', from, '+', 'BYLEX', 'LIMIT', 0, limit + 1)
local answer, n = {#members > limit and members[limit] or ''}, 1
for i = 1, math.min(limit, #members) do
  local id = string.sub(members[i], -30)
  local held = redis.call('HMGET', instanceKey(id), 'state', 'index', 'version', 'lastUsed', 'doc')
  if held[3] and isWanted(held) then
    answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4], answer[n + 5] = id, held[3], held[4], held[5], held[2]
    n = n + 5
  end
end
return answer
