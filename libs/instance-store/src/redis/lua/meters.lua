-- Accrues what a running meter has run up. Only Redis knows until when that was done: it moves that time in the same script,
-- so that no time is accrued twice. Amounts are whole micro-USD. `piecesOf` in src/plan/spend-days.ts computes the same for
-- the memory adapter.
local HOUR_MS, DAY_MS, DAYS_KEPT = 3600000, 86400000, 400
-- The lists of what each instance has cost are kept for so many days after the last accrual: they have a member for every
-- instance that ran, so they are not kept as long as the sums.
local DAY_LIST_KEPT, MONTH_LIST_KEPT = 7, 100
-- The parts of a day by owner and product, and the days of one instance.
local PARTS_KEPT, OWN_DAYS_KEPT, MOST_OWN_DAYS = 62, 40, 200

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
  return {totals = {}, parts = {}, lists = {}}
end

local function addTo(sums, key, field, amount)
  sums[key] = sums[key] or {}
  sums[key][field] = (sums[key][field] or 0) + amount
end

-- a few days more than are kept are left in it until they are many
local function accrueOwnDay(accrual, id, meter, day, amount)
  local own = ':spend:of:' .. id
  local field = (meter == 'saving' and 's' or '') .. whole(day)
  local isNew = redis.call('HINCRBY', base .. own, field, whole(amount)) == amount
  accrual.lists[own] = OWN_DAYS_KEPT
  if not isNew or redis.call('HLEN', base .. own) <= MOST_OWN_DAYS then return end
  for _, kept in ipairs(redis.call('HKEYS', base .. own)) do
    if tonumber(string.match(kept, '%d+')) <= day - OWN_DAYS_KEPT then redis.call('HDEL', base .. own, kept) end
  end
end

-- entry: meter, rate, owner and product of the instance; an older version wrote no owner and perhaps no product
local function accrueOn(accrual, id, entry, day, amount)
  if amount <= 0 then return end
  local meter = entry.meter
  accrueOwnDay(accrual, id, meter, day, amount)
  local total = meter == 'saving' and ':saved:total' or ':spend:total'
  local field = whole(day)
  addTo(accrual.totals, total, field, amount)
  if meter == 'saving' then return end
  local ofDay, ofMonth = ':spend:day:' .. field, ':spend:month:' .. whole(monthOf(day))
  redis.call('ZINCRBY', base .. ofDay, whole(amount), id)
  redis.call('ZINCRBY', base .. ofMonth, whole(amount), id)
  accrual.lists[ofDay], accrual.lists[ofMonth] = DAY_LIST_KEPT, MONTH_LIST_KEPT
  local parts = ':spend:parts:' .. field
  for _, kind in ipairs({'owner', 'product'}) do
    local name = entry[kind]
    addTo(accrual.parts, parts, kind .. ':' .. ((name and name ~= '') and name or 'unknown'), amount)
  end
  accrual.lists[parts] = PARTS_KEPT
end

-- differences of sums since midnight: they add up to the same however the time is cut
local function accruePiece(accrual, id, entry, from, to)
  local rate = entry.rate
  from = math.max(from, to - DAYS_KEPT * DAY_MS)
  while from < to do
    local day = math.floor(from / DAY_MS)
    local start = day * DAY_MS
    local till = math.min(to, start + DAY_MS)
    local amount = math.floor(rate * (till - start) / HOUR_MS) - math.floor(rate * (from - start) / HOUR_MS)
    accrueOn(accrual, id, entry, day, amount)
    from = till
  end
end

local function closeAccrual(accrual)
  for _, added in ipairs({accrual.totals, accrual.parts}) do
    for key, sums in pairs(added) do
      for field, amount in pairs(sums) do redis.call('HINCRBY', base .. key, field, whole(amount)) end
    end
  end
  for list, days in pairs(accrual.lists) do redis.call('EXPIRE', base .. list, days * 86400) end
end
