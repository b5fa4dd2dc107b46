-- Gives each request for a job to the live job of its key, if there is one.
-- KEYS: delayed, active, marker.
-- ARGV: prefix of the queue's keys; then for each request key, due time in ms, job as JSON, priority, whom it is for (or empty).
-- Answers for each request 1 when a live job took it up, 0 when it needs a job of its own.
--- @include "live-job.lua"
local prefix = ARGV[1]
local joined = {}
for i = 2, #ARGV, 5 do
  local key, due, requested = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local id, lost = liveJob(prefix, key)
  if not id then
    -- A key that names a removed, finished or lost job must not swallow the add that follows.
    redis.call('DEL', prefix .. 'de:' .. key)
    if lost then redis.call('DEL', prefix .. lost) end
    joined[#joined + 1] = 0
  else
    -- A job that runs has its lock, even when its place in the list was lost; one that is found stalled has its place.
    if not bringForward(KEYS[1], KEYS[3], id, due)
      and (redis.call('EXISTS', prefix .. id .. ':lock') == 1 or redis.call('LPOS', KEYS[2], id)) then
      addRequest(prefix .. id, due, requested)
      addWakers(prefix .. id, 'wishWakers', ARGV[i + 4])
    else
      addWakers(prefix .. id, 'wakers', ARGV[i + 4])
    end
    raise(prefix, id, tonumber(ARGV[i + 3]))
    joined[#joined + 1] = 1
  end
end
return joined
