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

/**
 * Reads records through a look-up table. ARGV: table (by-marker or by-novita-id), then pairs of what to look up and the
 * state that the caller remembers of what it led to last, as `id version` (or empty).
 * Answers id, version, last-used, document for each that is found; no document where that state still stands.
 */
export const READ_MANY_BY_LOOK_UP = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local names = {}
for i = 2, #ARGV, 2 do names[#names + 1] = ARGV[i] end
local answer, n = {}, 0
for i, id in ipairs(redis.call('HMGET', base .. ':' .. ARGV[1], unpack(names))) do
  local key = id and instanceKey(id)
  local held = id and redis.call('HMGET', key, 'version', 'lastUsed')
  if held and held[1] then
    local isKnown = id .. ' ' .. held[1] == ARGV[2 * i + 1]
    answer[n + 1], answer[n + 2], answer[n + 3] = id, held[1], held[2]
    answer[n + 4] = not isKnown and redis.call('HGET', key, 'doc')
    n = n + 4
  end
end
return answer
`);

/** ARGV time in ms, then kinds of deadlines. Answers 1 for each kind of which one is due by then, else 0. */
export const KINDS_DUE = new RedisScript(String.raw`
local flags = {}
for i = 2, #ARGV do
  local first = redis.call('ZRANGE', KEYS[1] .. ':due:' .. ARGV[i], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, 1)
  flags[i - 1] = #first
end
return flags
`);
