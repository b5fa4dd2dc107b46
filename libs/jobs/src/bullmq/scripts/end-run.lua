-- Ends the last run of a job: gives its key up and takes out what was requested meanwhile.
-- KEYS: active.
-- ARGV: prefix of the queue's keys, coalescing key, job id, lock token, due time in ms of the job's own next run or '', that
-- job as JSON.
-- Answers what is to run next as {due, job, whom it was requested for}, or nothing; 'lost' when the lock is not the caller's any more.
--- @include "live-job.lua"
local prefix, key, id, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = prefix .. id
if redis.call('GET', job .. ':lock') ~= token then return 'lost' end
if ARGV[5] ~= '' then addRequest(job, tonumber(ARGV[5]), ARGV[6]) end
if redis.call('GET', prefix .. 'de:' .. key) == id then redis.call('DEL', prefix .. 'de:' .. key) end
local wishDue = redis.call('HGET', job, 'wishDue')
if not wishDue then return nil end
return {wishDue, redis.call('HGET', job, 'wishJob'), redis.call('HGET', job, 'wishWakers') or ''}
