-- Accrues what a running meter has run up. Only Redis knows until when that was done: it moves that time in the same script,
-- so that no time is accrued twice. Amounts are whole micro-USD. `piecesOf` in src/plan/spend-days.ts computes the same for
-- the memory adapter.
local HOUR_MS, DAY_MS, DAYS_KEPT = 3600000, 86400000, 400
-- The lists of what each instance has cost are kept for so many days after the last accrual: they have a member for every
-- instance that ran, so they are not kept as long as the sums.
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

-- what one script accrues: sums by day of each total, which are written together, and the lists that it wrote to
local function newAccrual()
  return {totals = {}, lists = {}}
end

local function accrueOn(accrual, id, meter, day, amount)
  if amount <= 0 then return end
  local total = meter == 'saving' and ':saved:total' or ':spend:total'
  local field = whole(day)
  local sums = accrual.totals[total] or {}
  sums[field] = (sums[field] or 0) + amount
  accrual.totals[total] = sums
  if meter == 'saving' then return end
  local ofDay, ofMonth = ':spend:day:' .. field, ':spend:month:' .. whole(monthOf(day))
  redis.call('ZINCRBY', base .. ofDay, whole(amount), id)
  redis.call('ZINCRBY', base .. ofMonth, whole(amount), id)
  accrual.lists[ofDay], accrual.lists[ofMonth] = DAY_LIST_KEPT, MONTH_LIST_KEPT
end

-- differences of sums since midnight: they add up to the same however the time is cut
local function accruePiece(accrual, id, meter, rate, from, to)
  from = math.max(from, to - DAYS_KEPT * DAY_MS)
  while from < to do
    local day = math.floor(from / DAY_MS)
    local start = day * DAY_MS
    local till = math.min(to, start + DAY_MS)
    local amount = math.floor(rate * (till - start) / HOUR_MS) - math.floor(rate * (from - start) / HOUR_MS)
    accrueOn(accrual, id, meter, day, amount)
    from = till
  end
end

local function closeAccrual(accrual)
  for total, sums in pairs(accrual.totals) do
    for field, amount in pairs(sums) do redis.call('HINCRBY', base .. total, field, whole(amount)) end
  end
  for list, days in pairs(accrual.lists) do redis.call('EXPIRE', base .. list, days * 86400) end
end
