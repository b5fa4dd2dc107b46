-- Books what a running meter has run up. Only Redis knows until when that was done: it moves that time in the same script,
-- so that no time is booked twice. Amounts are whole micro-USD. `piecesOf` in spend/pieces.ts works the same out for the
-- memory adapter.
local HOUR_MS, DAY_MS, DAYS_KEPT = 3600000, 86400000, 400
-- How long what each instance has cost is kept, in days after the last booking: a day's list and a month's have a member
-- for every instance that ran, so they are not kept as long as the sums.
local DAY_LIST_KEPT, MONTH_LIST_KEPT = 7, 100

local function whole(number)
  return string.format('%.0f', number)
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
  books.lists[ofDay], books.lists[ofMonth] = DAY_LIST_KEPT, MONTH_LIST_KEPT
end

-- differences of sums since midnight: they add up to the same however the time is cut
local function bookPiece(books, id, meter, rate, from, to)
  from = math.max(from, to - DAYS_KEPT * DAY_MS)
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
