import { HOLDS_LOCK_FRAGMENT } from '@app/redis';
import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT } from './fragments.lua.js';
import { IDLE_FRAGMENT } from './idle.lua.js';
import { METERS_FRAGMENT } from './meters.lua.js';

/**
 * Writes the records whose id, marker and provider's id are free, those of the batch before them included. What
 * `INSERT` does for each record is done for all of them at once here, one command per key: it is the way of a first
 * import, in which the fixed cost of a command would be most of all. Ledgers are not begun here.
 * ARGV: name of the lock and its token, version (the same for all), feed limit, time, now in epoch milliseconds, then id,
 * document, index entry, picture, idle state and change type of each. Answers `lock-lost`, or 1 or 0 for each: inserted or not.
 */
export const INSERT_MANY = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${HOLDS_LOCK_FRAGMENT}
${IDLE_FRAGMENT}
${METERS_FRAGMENT}
local HEAD, EACH = 6, 6
local lock, token, version, feedLimit, at, now = unpack(ARGV, 1, HEAD)
if not holdsLock(lock, token) then return 'lock-lost' end

local keys, indexes = {}, {}
for i = HEAD + 1, #ARGV, EACH do
  keys[#keys + 1], indexes[#indexes + 1] = instanceKey(ARGV[i]), ARGV[i + 2]
end
local entries = cjson.decode('[' .. table.concat(indexes, ',') .. ']')

-- ids that are taken, and those that were taken by this very batch when it was sent before
local takenIds, ownIds = {}, {}
if redis.call('EXISTS', unpack(keys)) > 0 then
  for i, key in ipairs(keys) do
    local held = redis.call('HGET', key, 'version')
    if held then takenIds[key] = true end
    if held == version then ownIds[key] = true end
  end
end

local function takenOf(lookUp, field)
  local names, taken = {}, {}
  for _, entry in ipairs(entries) do
    if entry[field] ~= '' then names[#names + 1] = entry[field] end
  end
  if #names == 0 then return taken end
  for i, holder in ipairs(redis.call('HMGET', lookUp, unpack(names))) do
    if holder then taken[names[i]] = true end
  end
  return taken
end

local takenMarkers = takenOf(base .. ':by-marker', 'marker')
local takenNovitaIds = takenOf(base .. ':by-novita-id', 'novitaId')

local function put(list, first, second)
  local n = list.n
  list[n + 1], list[n + 2] = first, second
  list.n = n + 2
end

-- those in the same scopes go into their indexes together
local kinds = {}
local function kindOf(entry)
  local name = entry.status .. ' ' .. entry.group .. ' ' .. entry.region
  local kind = kinds[name]
  if not kind then
    kind = {scopes = scopes(entry), created = {n = 0}, named = {n = 0}}
    kinds[name] = kind
  end
  return kind
end

local markers, novitaIds, pictures = {n = 0}, {n = 0}, {n = 0}
-- those that add the same to the counters of money are added together
local priced = {}
local function putRate(entry)
  local name = entry.meter .. entry.rate .. ' ' .. entry.status .. ' ' .. entry.region .. '\0' .. entry.product
  local like = priced[name]
  if like then like.n = like.n + 1 else priced[name] = {entry = entry, n = 1} end
end

local metered = {billing = {n = 0}, saving = {n = 0}}
local deadlines, counts, answer = {}, {}, {}
local function putDeadline(kind, due, id)
  if not deadlines[kind] then deadlines[kind] = {n = 0} end
  put(deadlines[kind], due, id)
end

for i, entry in ipairs(entries) do
  local from = HEAD + (i - 1) * EACH
  local id, doc, index, picture, state, typeOfChange = unpack(ARGV, from + 1, from + EACH)
  local key = keys[i]
  if ownIds[key] then
    answer[i], ownIds[key] = 1, nil
  elseif takenIds[key] or takenMarkers[entry.marker] or takenNovitaIds[entry.novitaId] then
    answer[i] = 0
  else
    answer[i], takenIds[key] = 1, true
    redis.call('HSET', key, 'doc', doc, 'version', version, 'index', index, 'state', state)
    announce(feedLimit, typeOfChange, id, '1', at, doc)
    local created = entry.created .. id
    local kind = kindOf(entry)
    put(kind.created, '0', created)
    put(kind.named, '0', entry.name .. '\0' .. created)
    if entry.marker ~= '' then
      takenMarkers[entry.marker] = true
      put(markers, entry.marker, id)
    end
    if entry.novitaId ~= '' then
      takenNovitaIds[entry.novitaId] = true
      put(novitaIds, entry.novitaId, id)
    end
    local pictured = picturedId(entry)
    if pictured ~= '' then put(pictures, pictured, picture) end
    for kind, due in pairs(entry.deadlines) do putDeadline(kind, string.format('%.0f', due), id) end
    local due = state ~= entry.status and idleDue(state)
    if due then putDeadline('autoStopAt', due, id) end
    if entry.meter ~= '' then
      putRate(entry)
      local list = metered[entry.meter]
      if list then put(list, now, id) end
    end
    counts[entry.status] = (counts[entry.status] or 0) + 1
    if entry.discovered then counts.discovered = (counts.discovered or 0) + 1 end
  end
end

local function run(command, key, list)
  if list.n > 0 then redis.call(command, key, unpack(list, 1, list.n)) end
end

for _, kind in pairs(kinds) do
  for _, scope in ipairs(kind.scopes) do
    run('ZADD', base .. ':by-created:' .. scope, kind.created)
    run('ZADD', base .. ':by-name:' .. scope, kind.named)
  end
end
for kind, list in pairs(deadlines) do run('ZADD', base .. ':due:' .. kind, list) end
run('HSET', base .. ':by-marker', markers)
run('HSET', base .. ':by-novita-id', novitaIds)
run('HSET', base .. ':pictures', pictures)
for meter, list in pairs(metered) do run('ZADD', base .. ':meter:' .. meter, list) end
local rates = {}
for _, like in pairs(priced) do addRates(rates, like.entry, like.n) end
moveRates(rates)
for field, count in pairs(counts) do redis.call('HINCRBY', base .. ':counts', field, count) end
return answer
`);
