-- For scripts that write to the mirror, after `base` is defined as the hash tag that all keys share: takes a number for
-- this write. `latest` is that of the latest write whose answer the worker has.
-- Answers the number, or nil and why nothing may be written: 'lost' when the acquisition does not hold the lock any more,
-- 'rolled-back' when the latest write is not stored any more, as after a crash or the promotion of a replica that lags.
--- @include "<redis>/holds-lock.lua"
local function numberOfWrite(lock, token, latest)
  if not holdsLock(lock, token) then return nil, 'lost' end
  local writes = base .. ':kubernetes:writes'
  if tonumber(redis.call('GET', writes) or '0') < tonumber(latest) then return nil, 'rolled-back' end
  return redis.call('INCR', writes)
end
