-- For scripts of writers under a lock, after `base` is defined as the hash tag that all keys share: whether this
-- acquisition still holds the lock. An empty name means a write that needs none.
local function holdsLock(name, token)
  return name == '' or redis.call('HGET', base .. ':lock:' .. name, 'token') == token
end
