-- Deliveries that wait, after keys.lua.

-- The score of a delivery is the time when it is due, and a fraction by which those of one time keep their order.
local function dueMs(score)
  return math.floor(tonumber(score))
end

-- Puts an endpoint into the set of those with something due, at the time when it may be sent to.
local function reindex(endpoint)
  local first = redis.call('ZRANGE', dueKey(endpoint), 0, 0, 'WITHSCORES')
  local gate = redis.call('HGET', GATES, endpoint)
  if not first[2] or gate == 'closed' then
    redis.call('ZREM', DUE, endpoint)
    return
  end
  redis.call('ZADD', DUE, whole(math.max(dueMs(first[2]), tonumber(gate or 0))), endpoint)
end

local function setDue(id, endpoint, ms)
  redis.call('HSET', deliveryKey(id), 'next', ms)
  local order = tonumber(redis.call('ZSCORE', LOG, id) or 0)
  redis.call('ZADD', dueKey(endpoint), string.format('%.3f', ms + order % 1000 / 1000), id)
end

-- A day longer than deliveries are kept; an event goes with the last of its deliveries.
local EVENT_KEPT_MS = 8 * 86400000

-- The place of a delivery in the log: its time in thousandths of ms, and never that of an earlier one.
local function nextOrder(now)
  local order = whole(math.max(tonumber(redis.call('HGET', FAN_OUT, 'order') or 0) + 1, now * 1000))
  redis.call('HSET', FAN_OUT, 'order', order)
  return order
end

-- Makes a delivery that waits. `line`: the instance whose deliveries to this endpoint go one after the other, or ''.
local function addDelivery(id, endpoint, event, line, doc, ms, now)
  local order = nextOrder(now)
  redis.call('HSET', deliveryKey(id),
    'doc', doc, 'state', 'pending', 'made', 0, 'endpoint', endpoint, 'event', event, 'line', line, 'next', '')
  redis.call('HINCRBY', eventKey(event), 'held', 1)
  redis.call('PEXPIRE', eventKey(event), EVENT_KEPT_MS)
  redis.call('ZADD', LOG, order, id)
  redis.call('ZADD', logKey(endpoint), order, id)
  redis.call('ZADD', PENDING, order, id)
  if line == '' or redis.call('RPUSH', lineKey(endpoint, line), id) == 1 then setDue(id, endpoint, ms) end
end

-- Takes a delivery out of all that waits. The next one of its line is due from `ms` on.
local function endWait(id, endpoint, line, ms)
  redis.call('ZREM', PENDING, id)
  redis.call('ZREM', dueKey(endpoint), id)
  redis.call('HSET', deliveryKey(id), 'next', '')
  if line == '' then return end
  local key = lineKey(endpoint, line)
  local wasFirst = redis.call('LINDEX', key, 0) == id
  redis.call('LREM', key, 1, id)
  local first = wasFirst and redis.call('LINDEX', key, 0)
  if first then setDue(first, endpoint, ms) end
end
