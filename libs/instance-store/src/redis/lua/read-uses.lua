-- Reads the stream of uses. KEYS: the hash tag of the fleet. ARGV: the entry to go on after (empty: none are wanted), how many
-- entries at most.
-- Answers the id of the feed's latest entry (or `0-0`) and of the latest use that is answered or was given (or `0-0`), 1 when
-- there are more, then id and epoch milliseconds of each use. Only the first of these when entries after the given one are gone.
--- @include "keys.lua"
local key, after, most = base .. ':uses', ARGV[1], tonumber(ARGV[2])
local function latestIn(stream)
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end
local feed = latestIn(base .. ':changes')
if after == '' then return {feed, latestIn(key), 0} end

-- the stream was empty: as long as it is short, none of its entries are gone
local wasEmpty = after == '0-0'
if wasEmpty and redis.call('XLEN', key) >= USES_KEPT then return {feed} end
local entries = redis.call('XRANGE', key, after, '+', 'COUNT', most + 1)
if not wasEmpty and (not entries[1] or entries[1][1] ~= after) then return {feed} end

local answer = {feed, after, #entries > most and 1 or 0}
for place = wasEmpty and 1 or 2, #entries do
  answer[2] = entries[place][1]
  for _, value in ipairs(entries[place][2]) do answer[#answer + 1] = value end
end
return answer
