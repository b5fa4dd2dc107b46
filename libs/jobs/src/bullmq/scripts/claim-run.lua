-- Asks whether a job that a worker has taken may run, and fulfils a request that is due by the run that begins.
-- KEYS: active.
-- ARGV: prefix of the queue's keys, coalescing key, job id, lock token, now in ms.
-- Answers {'run', whom it is for beside its own options}; 'superseded' when another live job has the key by now; 'lost' when the lock is not the caller's any more.
--- @include "live-job.lua"
local prefix, key, id, token, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local job = prefix .. id
if redis.call('GET', job .. ':lock') ~= token then return 'lost' end
local live = liveJob(prefix, key)
if live and live ~= id then return 'superseded' end
redis.call('SET', prefix .. 'de:' .. key, id)
local held = redis.call('HMGET', job, 'wishDue', 'wishWakers')
local wishDue = tonumber(held[1])
if wishDue and wishDue <= now then takeUpRequest(job, held[2]) end
return {'run', redis.call('HGET', job, 'wakers') or ''}
