import { RedisScript } from '../redis-script.js';
import { HOLDS_LOCK_FRAGMENT } from './holds-lock.lua.js';

/*
 * A lock is the hash `<base>:lock:<name>`, gone once it lapses; its fences are counted in `<base>:lock-fence:<name>`,
 * which stays for ever, so that they grow over every loss of the lock. KEYS[1] of each script is the base, the hash tag
 * of the fleet. Times are Redis's own: the clocks of hosts differ.
 */

const SHARED = `
local base, name = KEYS[1], ARGV[1]
local lock = base .. ':lock:' .. name
local function holder()
  local held = redis.call('HMGET', lock, 'owner', 'purpose', 'fence', 'since')
  return {0, held[1], held[2], held[3], held[4], redis.call('PTTL', lock)}
end
`;

/**
 * ARGV name, nonce, owner, purpose, ms to live. Answers {1, fence, token} to who holds it now, else {0} and the holder.
 * A nonce that is in the token already is the same claim, sent again because its answer was lost.
 */
export const ACQUIRE = new RedisScript(`${SHARED}
local nonce = ARGV[2]
local token = redis.call('HGET', lock, 'token')
if token then
  local fence = redis.call('HGET', lock, 'fence')
  if token == fence .. '-' .. nonce then return {1, fence, token} end
  return holder()
end
local fence = string.format('%d', redis.call('INCR', base .. ':lock-fence:' .. name))
token = fence .. '-' .. nonce
local time = redis.call('TIME')
local since = time[1] .. string.format('%03d', math.floor(time[2] / 1000))
redis.call('HSET', lock, 'token', token, 'owner', ARGV[3], 'purpose', ARGV[4], 'fence', fence, 'since', since)
redis.call('PEXPIRE', lock, ARGV[5])
return {1, fence, token}
`);

/** ARGV name, token, ms to live. Answers 1, or 0 when that acquisition no longer holds the lock. */
export const RENEW = new RedisScript(`${SHARED}${HOLDS_LOCK_FRAGMENT}
if not holdsLock(name, ARGV[2]) then return 0 end
return redis.call('PEXPIRE', lock, ARGV[3])
`);

/** ARGV name, token. Answers 1, or 0 when that acquisition no longer held the lock. */
export const RELEASE = new RedisScript(`${SHARED}${HOLDS_LOCK_FRAGMENT}
if not holdsLock(name, ARGV[2]) then return 0 end
return redis.call('DEL', lock)
`);

/** ARGV name. Answers {0} and the holder, or nothing when there is none. */
export const READ_HOLDER = new RedisScript(`${SHARED}
if redis.call('EXISTS', lock) == 0 then return nil end
return holder()
`);
