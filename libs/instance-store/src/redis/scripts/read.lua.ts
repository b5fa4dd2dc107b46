import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/**
 * Reads records by our ids. ARGV: pairs of an id and the version that the caller remembers (or empty).
 * Answers three values for each: version, last-used, document; all nil for a missing one, and no document where the
 * remembered version still stands: it is nearly all of the bytes.
 */
export const READ = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local answer = {}
for i = 1, #ARGV, 2 do
  local key = instanceKey(ARGV[i])
  local held = redis.call('HMGET', key, 'version', 'lastUsed')
  local n = #answer
  answer[n + 1], answer[n + 2] = held[1], held[2]
  answer[n + 3] = held[1] and held[1] ~= ARGV[i + 1] and redis.call('HGET', key, 'doc')
end
return answer
`);

/**
 * Reads one record through a look-up table. ARGV: table (by-marker or by-novita-id), what to look up.
 * Answers id, version, last-used, document; nothing for a missing one.
 */
export const READ_BY_LOOK_UP = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local id = redis.call('HGET', base .. ':' .. ARGV[1], ARGV[2])
if not id then return {} end
local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'doc')
return {id, held[1], held[2], held[3]}
`);

/** Reads the records of exactly one name. ARGV: name, limit. Answers id, version, last-used, document for each. */
export const READ_BY_NAME = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local answer = {}
local from = ARGV[1] .. '\0'
local members = redis.call('ZRANGE', base .. ':by-name:all', '[' .. from, '(' .. from .. '\255', 'BYLEX', 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local id = string.sub(member, -30)
  local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'doc')
  local n = #answer
  answer[n + 1], answer[n + 2], answer[n + 3], answer[n + 4] = id, held[1], held[2], held[3]
end
return answer
`);
