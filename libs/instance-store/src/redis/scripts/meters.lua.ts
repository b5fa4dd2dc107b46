import { DAYS_KEPT } from '../../spend/pieces.js';
import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/**
 * How long what each instance has cost is kept, in days after the last booking: a day's list and a month's have a
 * member for every instance that ran, so they are not kept as long as the sums.
 */
const LISTS_KEPT = { day: 7, month: 100 };

/**
 * Keeps the meters. `meter:billing` and `meter:saving` hold until when each running meter is booked, in epoch
 * milliseconds; `rates` the sums of what runs, in micro-USD per hour; `spend:day:<day>` and `spend:month:<month>` what
 * each instance has cost, `spend:total` and `saved:total` the sums by day, in micro-USD; `saved:before` the sum of the days
 * that `saved:total` has no more. No time is booked twice: what
 * is booked moves the score in the same script. Entries written by older versions lack `meter`, and have none.
 */
export const METERS_FRAGMENT = String.raw`
local HOUR_MS, DAY_MS = 3600000, 86400000

local function whole(number)
  return string.format('%.0f', number)
end

local function meterOf(entry)
  return entry and entry.meter or ''
end

local function keepsTime(meter)
  return meter == 'billing' or meter == 'saving'
end

-- as 12 times the year plus the month from 0; years are counted from March, so that the day of leap years is their last
local function monthOf(day)
  local days = day + 719468
  local era = math.floor(days / 146097)
  local ofEra = days - era * 146097
  local year = math.floor((ofEra - math.floor(ofEra / 1460) + math.floor(ofEra / 36524) - math.floor(ofEra / 146096)) / 365)
  local ofYear = ofEra - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local fromMarch = math.floor((5 * ofYear + 2) / 153)
  return (era * 400 + year) * 12 + fromMarch + 2
end

local function newBooks()
  return {totals = {}, lists = {}}
end

local function bookOn(books, id, meter, day, amount)
  if amount <= 0 then return end
  local total = meter == 'saving' and ':saved:total' or ':spend:total'
  local field = whole(day)
  local sums = books.totals[total] or {}
  sums[field] = (sums[field] or 0) + amount
  books.totals[total] = sums
  if meter == 'saving' then return end
  local ofDay, ofMonth = ':spend:day:' .. field, ':spend:month:' .. whole(monthOf(day))
  redis.call('ZINCRBY', base .. ofDay, whole(amount), id)
  redis.call('ZINCRBY', base .. ofMonth, whole(amount), id)
  books.lists[ofDay], books.lists[ofMonth] = ${LISTS_KEPT.day}, ${LISTS_KEPT.month}
end

-- differences of sums since midnight: they add up to the same however the time is cut
local function bookPiece(books, id, meter, rate, from, to)
  from = math.max(from, to - ${DAYS_KEPT} * DAY_MS)
  while from < to do
    local day = math.floor(from / DAY_MS)
    local start = day * DAY_MS
    local till = math.min(to, start + DAY_MS)
    local amount = math.floor(rate * (till - start) / HOUR_MS) - math.floor(rate * (from - start) / HOUR_MS)
    bookOn(books, id, meter, day, amount)
    from = till
  end
end

local function closeBooks(books)
  for total, sums in pairs(books.totals) do
    for field, amount in pairs(sums) do redis.call('HINCRBY', base .. total, field, whole(amount)) end
  end
  for list, days in pairs(books.lists) do redis.call('EXPIRE', base .. list, days * 86400) end
end

local function addTo(sums, counter, amount)
  sums[counter] = (sums[counter] or 0) + amount
end

-- as many times as it is said; -1 takes them away
local function addRates(sums, entry, times)
  local meter = meterOf(entry)
  if meter == 'unpriced' then
    addTo(sums, 'unpriced', times)
  elseif meter == 'billing' then
    local amount = times * entry.rate
    addTo(sums, 'total', amount)
    addTo(sums, 'status:' .. entry.status, amount)
    addTo(sums, 'region:' .. (entry.region ~= '' and entry.region or 'unknown'), amount)
    addTo(sums, 'product:' .. (entry.product ~= '' and entry.product or 'unknown'), amount)
  end
end

local function moveRates(sums)
  for counter, amount in pairs(sums) do
    if amount ~= 0 and redis.call('HINCRBY', base .. ':rates', counter, whole(amount)) == 0 then
      redis.call('HDEL', base .. ':rates', counter)
    end
  end
end

-- old or new is nil for a record that begins or ends here; now in epoch milliseconds
local function moveMeter(id, old, new, now)
  local from, to = meterOf(old), meterOf(new)
  if from == '' and to == '' then return end
  local sums = {}
  addRates(sums, old, -1)
  addRates(sums, new, 1)
  moveRates(sums)
  if from == to and old.rate == new.rate then return end

  -- clocks of processes differ: what one has booked is not booked again by another that lags behind
  local at = tonumber(now)
  local booked = keepsTime(from) and redis.call('ZSCORE', base .. ':meter:' .. from, id)
  if booked then
    local books = newBooks()
    bookPiece(books, id, from, old.rate, tonumber(booked), at)
    closeBooks(books)
    at = math.max(at, tonumber(booked))
    if from ~= to then redis.call('ZREM', base .. ':meter:' .. from, id) end
  end
  if keepsTime(to) then redis.call('ZADD', base .. ':meter:' .. to, whole(at), id) end
end
`;

/**
 * Books the meters of one kind that are booked furthest behind, up to a time. ARGV: kind of meter, that time in epoch
 * milliseconds, how many. Answers how many were behind; one whose record says otherwise is taken out.
 */
export const BOOK_METERS = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${METERS_FRAGMENT}
local meter, now, limit = ARGV[1], ARGV[2], ARGV[3]
local key = base .. ':meter:' .. meter
local behind = redis.call('ZRANGE', key, '-inf', '(' .. now, 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES')
local books, booked, lost = newBooks(), {}, {}
for i = 1, #behind, 2 do
  local id = behind[i]
  local index = redis.call('HGET', instanceKey(id), 'index')
  local entry = index and cjson.decode(index)
  if meterOf(entry) == meter then
    bookPiece(books, id, meter, entry.rate, tonumber(behind[i + 1]), tonumber(now))
    booked[#booked + 1], booked[#booked + 2] = now, id
  else
    lost[#lost + 1] = id
  end
end
closeBooks(books)
if #booked > 0 then redis.call('ZADD', key, unpack(booked)) end
if #lost > 0 then redis.call('ZREM', key, unpack(lost)) end
return #behind / 2
`);

/**
 * Notes that all are booked until a time, and forgets sums of long ago. ARGV: that time in epoch milliseconds, the first
 * day that is kept.
 */
export const NOTE_BOOKED = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local key = base .. ':spend:booked'
local before = redis.call('GET', key)
if not before or tonumber(before) < tonumber(ARGV[1]) then redis.call('SET', key, ARGV[1]) end
for _, total in ipairs({':spend:total', ':saved:total'}) do
  for _, day in ipairs(redis.call('HKEYS', base .. total)) do
    if tonumber(day) < tonumber(ARGV[2]) then
      if total == ':saved:total' then redis.call('INCRBY', base .. ':saved:before', redis.call('HGET', base .. total, day)) end
      redis.call('HDEL', base .. total, day)
    end
  end
end
return 'noted'
`);

/**
 * Reads the meters. ARGV: days. Answers the counters (name and value in turn), the two sums of each day, when booked, what
 * was saved on all days together.
 */
export const READ_METERS = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local saved = tonumber(redis.call('GET', base .. ':saved:before') or 0)
for _, amount in ipairs(redis.call('HVALS', base .. ':saved:total')) do saved = saved + tonumber(amount) end
return {
  redis.call('HGETALL', base .. ':rates'),
  redis.call('HMGET', base .. ':spend:total', unpack(ARGV)),
  redis.call('HMGET', base .. ':saved:total', unpack(ARGV)),
  redis.call('GET', base .. ':spend:booked'),
  string.format('%.0f', saved),
}
`);
