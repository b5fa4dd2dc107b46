-- Brings a job that waits for its retry forward to a request that was made while it ran.
-- KEYS: delayed, marker.
-- ARGV: prefix of the queue's keys, job id.
-- Answers 0.
--- @include "live-job.lua"
local job = ARGV[1] .. ARGV[2]
local held = redis.call('HMGET', job, 'wishDue', 'wishWakers')
local wishDue = tonumber(held[1])
if wishDue and bringForward(KEYS[1], KEYS[2], ARGV[2], wishDue) then takeUpRequest(job, held[2]) end
return 0
