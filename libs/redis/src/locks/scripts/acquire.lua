-- Takes a lock, unless somebody holds it. Times are Redis's own: the clocks of hosts differ.
-- KEYS: lock, its fence.
-- ARGV: nonce, owner, purpose, ms to live.
-- Answers {1, fence, token}, or {0} and who holds it. A nonce that is in the token already is the same claim, sent again
-- because its answer was lost.
--- @include "holder.lua"
local nonce, owner, purpose, life = unpack(ARGV)
local token = redis.call('HGET', KEYS[1], 'token')
if token then
  local fence = redis.call('HGET', KEYS[1], 'fence')
  if token == fence .. '-' .. nonce then return {1, fence, token} end
  return holder()
end
local fence = string.format('%d', redis.call('INCR', KEYS[2]))
token = fence .. '-' .. nonce
local time = redis.call('TIME')
local since = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
redis.call('HSET', KEYS[1], 'token', token, 'owner', owner, 'purpose', purpose, 'fence', fence, 'since', since)
redis.call('PEXPIRE', KEYS[1], life)
return {1, fence, token}
