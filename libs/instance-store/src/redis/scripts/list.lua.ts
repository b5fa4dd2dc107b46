import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/**
 * Walks several disjoint indexes as one, in order. Bytes are compared one by one because the order of Lua's own `<`
 * depends on the server's locale.
 */
const MERGE_FRAGMENT = String.raw`
local function before(a, b)
  local shorter = math.min(#a, #b)
  for i = 1, shorter do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function range(key, lowest, highest, descending, count)
  if descending then
    return redis.call('ZRANGE', key, highest, lowest, 'BYLEX', 'REV', 'LIMIT', 0, count)
  end
  return redis.call('ZRANGE', key, lowest, highest, 'BYLEX', 'LIMIT', 0, count)
end

local function firstOf(keys, lowest, highest, descending, count)
  if #keys == 1 then return range(keys[1], lowest, highest, descending, count) end
  local lists, heads = {}, {}
  for i, key in ipairs(keys) do
    lists[i], heads[i] = range(key, lowest, highest, descending, count), 1
  end
  local merged = {}
  while #merged < count do
    local best, from
    for i, list in ipairs(lists) do
      local head = list[heads[i]]
      if head and (not best or before(head, best) ~= descending) then best, from = head, i end
    end
    if not best then break end
    merged[#merged + 1], heads[from] = best, heads[from] + 1
  end
  return merged
end
`;

const PAGE_FRAGMENT = String.raw`
-- documents are left to a second read of those that the caller does not remember; one text is cheaper to answer and
-- to take in than a value for each
local function page(total, cursor, members)
  local lines = {}
  for i, member in ipairs(members) do
    local id = string.sub(member, -30)
    local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed')
    if held[1] then lines[#lines + 1] = id .. ' ' .. held[1] .. ' ' .. (held[2] or '') end
  end
  return {total, cursor, table.concat(lines, '\n')}
end
`;

/**
 * One page in the order of an index. ARGV: order (created or name), `1` for descending, name prefix (empty unless by
 * name), member to begin after (or empty), limit, then the scopes.
 * Answers how many match, the member to go on after (or empty), then a text with a line
 * `id version last-used` for each.
 */
export const LIST = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${MERGE_FRAGMENT}
${PAGE_FRAGMENT}
local order, descending, prefix, after, limit = ARGV[1], ARGV[2] == '1', ARGV[3], ARGV[4], tonumber(ARGV[5])
local lowest, highest = '[' .. prefix, '(' .. prefix .. '\255'
local keys, total = {}, 0
for i = 6, #ARGV do
  local key = base .. ':by-' .. order .. ':' .. ARGV[i]
  keys[#keys + 1] = key
  total = total + (prefix == '' and redis.call('ZCARD', key) or redis.call('ZLEXCOUNT', key, lowest, highest))
end
if after ~= '' then
  if descending then highest = '(' .. after else lowest = '(' .. after end
end
local members = firstOf(keys, lowest, highest, descending, limit + 1)
local cursor = ''
if #members > limit then
  cursor = members[limit]
  members[limit + 1] = nil
end
return page(total, cursor, members)
`);

/**
 * One page by time of creation of the names with a prefix, for which there is no index. Few matches are gathered and
 * sorted; of many, a bounded piece of the index by time is walked, so that a page may be short and yet have a next.
 * ARGV: `1` for descending, name prefix, beginning of such an index entry's JSON, member to begin after (or empty),
 * limit, bound, then the scopes. Answers as LIST.
 */
export const LIST_PREFIX_BY_CREATED = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${MERGE_FRAGMENT}
${PAGE_FRAGMENT}
local descending, prefix, entryStart, after = ARGV[1] == '1', ARGV[2], ARGV[3], ARGV[4]
local limit, bound = tonumber(ARGV[5]), tonumber(ARGV[6])
local byCreated, byName, total = {}, {}, 0
for i = 7, #ARGV do
  byCreated[#byCreated + 1] = base .. ':by-created:' .. ARGV[i]
  byName[#byName + 1] = base .. ':by-name:' .. ARGV[i]
  total = total + redis.call('ZLEXCOUNT', byName[#byName], '[' .. prefix, '(' .. prefix .. '\255')
end

local function precedes(a, b)
  if a.ms ~= b.ms then return (a.ms < b.ms) ~= descending end
  return a.member ~= b.member and before(a.member, b.member) ~= descending
end

local function place(member)
  return {ms = tonumber(string.sub(member, 1, 15)), member = member}
end

local function gather()
  local places, start = {}, after ~= '' and place(after)
  for _, key in ipairs(byName) do
    for _, named in ipairs(redis.call('ZRANGE', key, '[' .. prefix, '(' .. prefix .. '\255', 'BYLEX')) do
      local candidate = place(string.sub(named, -45))
      if not start or precedes(start, candidate) then places[#places + 1] = candidate end
    end
  end
  table.sort(places, precedes)
  local members = {}
  for i = 1, math.min(limit, #places) do members[i] = places[i].member end
  return members, #places > limit and members[limit] or ''
end

local function walk()
  local lowest, highest = '-', '+'
  if after ~= '' then
    if descending then highest = '(' .. after else lowest = '(' .. after end
  end
  local candidates = firstOf(byCreated, lowest, highest, descending, bound)
  local members = {}
  for _, candidate in ipairs(candidates) do
    local entry = redis.call('HGET', instanceKey(string.sub(candidate, -30)), 'index')
    if entry and string.sub(entry, 1, #entryStart) == entryStart then
      members[#members + 1] = candidate
      if #members == limit then return members, candidate end
    end
  end
  return members, #candidates == bound and candidates[bound] or ''
end

local members, cursor
if total <= bound then members, cursor = gather() else members, cursor = walk() end
return page(total, cursor, members)
`);
