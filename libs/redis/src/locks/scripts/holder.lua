-- Who holds the lock KEYS[1]: {0, owner, purpose, fence, since in ms, ms to live}.
local function holder()
  local held = redis.call('HMGET', KEYS[1], 'owner', 'purpose', 'fence', 'since')
  return {0, held[1], held[2], held[3], held[4], redis.call('PTTL', KEYS[1])}
end
