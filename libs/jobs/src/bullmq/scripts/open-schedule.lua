-- Readies a schedule to be changed. Upserted as it stands, one whose job is lost goes on one period after the lost run; and a
-- new period begins with a run at once, so that two processes of different settings that both upsert would make it run at
-- every turn. A start date would settle both, but BullMQ heeds it only in a scheduler whose period changes. So the period is
-- taken out of one that has to change, and the upsert that follows puts the new one in. Between the two it goes on by the
-- period in its job's own options. The offset goes too: it is that of the old period, and could be longer than the new one.
-- KEYS: repeat, delayed, prioritized, active, wait, paused.
-- ARGV: key, period in ms.
-- Answers nothing when there is no such schedule, 'as-said' when it needs no change, else {when it was to run next in ms, 1 or
-- 0 for a job that is there or lost}.
--- @include "scheduled-run.lua"
local scheduler = repeats .. ':' .. key
local alive = lives()
if alive and tonumber(redis.call('HGET', scheduler, 'every')) == tonumber(ARGV[2]) then return 'as-said' end
redis.call('HDEL', scheduler, 'every', 'offset')
if not alive then
  -- What is left of a lost job would have BullMQ take a later time, for which there is none yet.
  if redis.call('HEXISTS', record, 'finishedOn') == 0 then redis.call('DEL', record) end
end
return {due, alive and 1 or 0}
