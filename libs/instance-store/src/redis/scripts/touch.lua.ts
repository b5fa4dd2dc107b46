import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';
import { IDLE_FRAGMENT } from './idle.lua.js';

/**
 * Moves last-used forward, and the idle deadline with it. ARGV: id, `ours` or `novita`, epoch milliseconds, who says so
 * (empty when it is not told).
 * Answers id, the later time, whether that is the given one, and the status; nothing for a missing record. Who says so
 * is kept with its time, so that a later use of which it is not told does not seem to be theirs.
 */
export const TOUCH = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${IDLE_FRAGMENT}
local id, at, by = ARGV[1], ARGV[3], ARGV[4]
if ARGV[2] == 'novita' then
  id = redis.call('HGET', base .. ':by-novita-id', id)
  if not id then return {} end
end
local key = instanceKey(id)
local held = redis.call('HMGET', key, 'version', 'lastUsed', 'state', 'warned')
if not held[1] then return {} end
local lastUsed, state, warned = held[2], held[3], held[4]
-- older versions wrote no state
if not state then state = cjson.decode(redis.call('HGET', key, 'index')).status end
local status = string.match(state, '^%S+')
if lastUsed and tonumber(lastUsed) >= tonumber(at) then return {id, lastUsed, 0, status} end

if by == '' then
  redis.call('HSET', key, 'lastUsed', at)
else
  redis.call('HSET', key, 'lastUsed', at, 'lastUsedBy', at .. ' ' .. by)
end
local due = state ~= status and idleDue(state, at, warned)
if due then redis.call('ZADD', dueKey, due, id) end
return {id, at, 1, status}
`);
