-- Carries out the plans of one or more writes, all of them or none. It knows no rule of the fleet: `planWrite` (in
-- src/plan/write-plan.ts) lists what a write changes, from what Redis holds as long as the version that the plan rests on
-- still stands. src/redis/plan-runner.ts sends the plans.
--
-- KEYS: the hash tag of the fleet.
-- ARGV[1], JSON: `lock` and `token` (empty for none), `limit` of the feed, `at` (time of the writes), `trace` (the
--   span of the writes; absent while traces are off), `checks`, `claims`, `cap` (absent for none), `commands`.
--   check: id, version that the plan rests on (empty: there is no record; `?`: not known), version after (empty: removed),
--   latest use that the write rests on in epoch milliseconds (-1: none; empty: it does not matter).
--   claim: look-up table, names that must be free or the record's own, the place of the check of each.
--   cap: `key` of the commitments of an owner, `id`, what this instance commits the owner to (`wanted`, micro-USD per hour or
--   `unpriced`) and when its lifetime `ends` it (empty: never), and the `most` that all of them may come to (empty: anything).
--   `left` is what the rest of a day may cost (micro-USD; empty: anything), which goes `from` now `till` its end, all in epoch milliseconds.
--   command: name, key without the hash tag, arguments. Those with small letters are the functions below, whose first
--   argument is an id but for `count`; all others are Redis's own. They are few, since those of many plans go together.
-- ARGV[2..]: document and index entry of each `put`.
-- Answers one of: `done` and the latest use that the first record had before (or empty); `lock-lost`; `over-cap`, what the other
--   instances of the owner come to, how many of them have no known price, and where it is the day that would cost too much, what
--   they and this one come to in it; `rejected` and, for
--   each rejected plan, its place from 1, why (`missing`, `differs`, `used` or the table of a name that is taken), then id,
--   version, latest use, document and index entry of the record that is in the way (each may be empty).
--
-- A plan that was carried out before is not carried out again: the first answer was lost and the command was sent anew.
--- @include "keys.lua"
--- @include "<redis>/holds-lock.lua"
--- @include "feed.lua"
--- @include "audit.lua"
--- @include "idle.lua"
--- @include "uses.lua"
--- @include "meters.lua"
--- @include "commitments.lua"
local header = cjson.decode(ARGV[1])

local heldOf, isReplay = {}, false
for place, check in ipairs(header.checks) do
  local held = redis.call('HMGET', instanceKey(check[1]), 'version', 'lastUsed', 'warned')
  heldOf[check[1]] = held
  isReplay = isReplay or (held[1] and held[1] == check[3])
end
-- no matter who holds the lock by now: it was held when the plan took effect
if isReplay then return {'done', heldOf[header.checks[1][1]][2] or ''} end
if not holdsLock(header.lock, header.token) then return {'lock-lost'} end

local answer, isRejected = {'rejected'}, {}
local function reject(place, why, id)
  if isRejected[place] then return end
  isRejected[place] = true
  local record = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'doc', 'index')
  for _, value in ipairs({place, why, id, record[1] or '', record[2] or '', record[3] or '', record[4] or ''}) do
    answer[#answer + 1] = value
  end
end

for place, check in ipairs(header.checks) do
  local id, expected, usedBefore = check[1], check[2], check[4]
  local held = heldOf[id]
  if not held[1] then
    if expected ~= '' then reject(place, 'missing', id) end
  elseif held[1] ~= expected then
    reject(place, 'differs', id)
  elseif usedBefore ~= '' and held[2] and tonumber(held[2]) > tonumber(usedBefore) then
    reject(place, 'used', id)
  end
end
for _, claim in ipairs(header.claims) do
  local lookUp, names, places = claim[1], claim[2], claim[3]
  for i, holder in ipairs(redis.call('HMGET', base .. ':' .. lookUp, unpack(names))) do
    local place = places[i]
    if holder and holder ~= header.checks[place][1] then reject(place, lookUp, holder) end
  end
end
if #answer > 1 then return answer end

-- what is not known fits below no cap; the same as `overCap` in src/plan/commitment.ts
if header.cap then
  local cap = header.cap
  local most, left, from, till = tonumber(cap.most), tonumber(cap.left), tonumber(cap.from), tonumber(cap.till)
  local others, unpriced, othersToday = 0, 0, 0
  local held = commitmentsAt(base .. ':' .. cap.key)
  for i = 1, #held, 3 do
    if held[i] ~= cap.id then
      local micro = tonumber(held[i + 1])
      if not micro then
        unpriced = unpriced + 1
      else
        others = others + micro
        if left then othersToday = othersToday + costUntil(micro, held[i + 2], from, till) end
      end
    end
  end
  local wanted = tonumber(cap.wanted)
  if not wanted or unpriced > 0 or (most and others + wanted > most) then
    return {'over-cap', string.format('%.0f', others), unpriced}
  end
  local wantedToday = left and costUntil(wanted, cap.ends, from, till) or 0
  if left and math.floor(othersToday + wantedToday + 0.5) > left then
    return {
      'over-cap', string.format('%.0f', others), unpriced,
      string.format('%.0f', othersToday), string.format('%.0f', wantedToday),
    }
  end
end

local docs, accrual = {}, newAccrual()
local commands = {}

-- place: in ARGV, of the document; the index entry follows it
function commands.put(id, version, place, state)
  docs[id] = ARGV[place]
  redis.call('HSET', instanceKey(id), 'doc', ARGV[place], 'version', version, 'index', ARGV[place + 1], 'state', state)
end

function commands.use(id, lastUsed)
  redis.call('HSET', instanceKey(id), 'lastUsed', lastUsed)
  noteUses({id, lastUsed})
end

function commands.event(id, type, revision)
  emitChange(header.limit, type, id, revision, header.at, docs[id] or '', header.trace)
end

commands.audit = appendAuditEntry

function commands.idle(id, state)
  placeIdle(id, state, heldOf[id][2], heldOf[id][3])
end

-- a counter that comes to nothing is not kept
function commands.count(counters, field, by)
  local key = base .. ':' .. counters
  if redis.call('HINCRBY', key, field, by) == 0 then redis.call('HDEL', key, field) end
end

-- clocks of processes differ: what one has accrued, another one that lags behind does not accrue again
function commands.meter(id, from, rate, to, now, owner, product)
  local at = tonumber(now)
  local accruedUntil = redis.call('ZSCORE', base .. ':meter:' .. from, id)
  if accruedUntil then
    local entry = {meter = from, rate = tonumber(rate), owner = owner, product = product}
    accruePiece(accrual, id, entry, tonumber(accruedUntil), at)
    at = math.max(at, tonumber(accruedUntil))
    if from ~= to then redis.call('ZREM', base .. ':meter:' .. from, id) end
  end
  if to ~= '' then redis.call('ZADD', base .. ':meter:' .. to, whole(at), id) end
end

for _, command in ipairs(header.commands) do
  local own = commands[command[1]]
  if own then
    own(unpack(command, 2))
  else
    redis.call(command[1], base .. ':' .. command[2], unpack(command, 3))
  end
end
closeAccrual(accrual)
return {'done', heldOf[header.checks[1][1]][2] or ''}
