-- KEYS: active.
-- ARGV: prefix of the queue's keys, then coalescing keys.
-- Answers for each key 1 when it has a live job, else 0.
--- @include "live-job.lua"
local pending = {}
for i = 2, #ARGV do pending[#pending + 1] = liveJob(ARGV[1], ARGV[i]) and 1 or 0 end
return pending
