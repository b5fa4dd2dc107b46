-- KEYS: active.
-- ARGV: prefix of the queue's keys, a time in epoch milliseconds or empty, then coalescing keys.
-- Answers for each key 1 when it has a live job that is not delayed beyond that time, else 0.
--- @include "live-job.lua"
local prefix, by = ARGV[1], tonumber(ARGV[2])

local function isPending(key)
  local id = liveJob(prefix, key)
  if not id then return 0 end
  local delayed = by and redis.call('ZSCORE', prefix .. 'delayed', id)
  if delayed and tonumber(delayed) / 4096 > by then return 0 end
  return 1
end

local pending = {}
for i = 3, #ARGV do pending[#pending + 1] = isPending(ARGV[i]) end
return pending
