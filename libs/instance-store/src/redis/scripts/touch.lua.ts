import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/**
 * Moves last-used forward. ARGV: id, `ours` or `novita`, epoch milliseconds.
 * Answers id, the later time, and whether that is the given one; nothing for a missing record.
 */
export const TOUCH = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local id, at = ARGV[1], ARGV[3]
if ARGV[2] == 'novita' then
  id = redis.call('HGET', base .. ':by-novita-id', id)
  if not id then return {} end
end
local key = instanceKey(id)
local held = redis.call('HMGET', key, 'version', 'lastUsed')
if not held[1] then return {} end
if held[2] and tonumber(held[2]) >= tonumber(at) then return {id, held[2], 0} end
redis.call('HSET', key, 'lastUsed', at)
return {id, at, 1}
`);
