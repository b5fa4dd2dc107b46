-- Which job of a coalescing key is live, and how another request joins it. For scripts whose argument `prefix` is that of the
-- queue's keys. See bullmq-layout.ts for what of BullMQ's keys they rely on.
-- Sets of the ids in the lists of a queue, made when a script asks for many: a search in a list takes as long as it is.
local FEW = 16
-- Longer lists are not searched, as that would hold up Redis: what may be lost beside one is found once it is shorter.
local LONGEST = 10000
local searched, members, lengths = 0, {}, {}

local function isIn(prefix, list, id)
  lengths[list] = lengths[list] or redis.call('LLEN', prefix .. list)
  if lengths[list] == 0 then return false end
  if lengths[list] > LONGEST then return true end
  if searched <= FEW then return redis.call('LPOS', prefix .. list, id) end
  if not members[list] then
    members[list] = {}
    for _, member in ipairs(redis.call('LRANGE', prefix .. list, 0, -1)) do members[list][member] = true end
  end
  return members[list][id]
end

-- A job that somebody runs, that waits its turn or its time, or that is found stalled. One that only has its hash is
-- lost, as after a list was deleted or restored in part: nothing will ever begin it.
local function isHeld(prefix, id)
  if redis.call('ZSCORE', prefix .. 'delayed', id) or redis.call('ZSCORE', prefix .. 'prioritized', id) then return true end
  if redis.call('EXISTS', prefix .. id .. ':lock') == 1 then return true end
  searched = searched + 1
  return isIn(prefix, 'active', id) or isIn(prefix, 'wait', id) or isIn(prefix, 'paused', id)
end

local function liveJob(prefix, key)
  local id = redis.call('GET', prefix .. 'de:' .. key)
  if not id then return nil end
  local held = redis.call('HMGET', prefix .. id, 'timestamp', 'finishedOn')
  if not held[1] or held[2] then return nil end
  if not isHeld(prefix, id) then return nil, id end
  return id
end

local function bringForward(delayed, marker, id, due)
  local score = redis.call('ZSCORE', delayed, id)
  if not score then return false end
  if due * 4096 < tonumber(score) then
    redis.call('ZADD', delayed, due * 4096, id)
    local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
    redis.call('ZADD', marker, tonumber(first[2]) / 4096, '1')
  end
  return true
end

-- A job that is due lies in `prioritized` at its priority. One that is delayed or active gets there by its field: when
-- its time comes, or when its run fails or is given back.
local function raise(prefix, id, priority)
  local held = tonumber(redis.call('HGET', prefix .. id, 'priority')) or 0
  if priority == 0 or held <= priority then return end
  redis.call('HSET', prefix .. id, 'priority', priority)
  if redis.call('ZSCORE', prefix .. 'prioritized', id) then
    local turn = redis.call('INCR', prefix .. 'pc') % 0x100000000
    redis.call('ZADD', prefix .. 'prioritized', priority * 0x100000000 + turn, id)
  end
end

-- Whom a job runs for is kept only while traces are made: as text, so many bytes at most.
local MOST_WAKERS = 960

-- wakers: as job-spans.ts writes them, or empty
local function addWakers(job, field, wakers)
  if not wakers or wakers == '' then return end
  local held = redis.call('HGET', job, field)
  if not held then
    redis.call('HSET', job, field, wakers)
  elseif #held < MOST_WAKERS then
    redis.call('HSET', job, field, held .. ',' .. wakers)
  end
end

-- What was requested while a job ran becomes what it runs for.
local function takeUpRequest(job, wishWakers)
  redis.call('HDEL', job, 'wishDue', 'wishJob', 'wishWakers')
  addWakers(job, 'wakers', wishWakers)
end

local function addRequest(job, due, requested)
  local wishDue = tonumber(redis.call('HGET', job, 'wishDue'))
  if not wishDue or due < wishDue then redis.call('HSET', job, 'wishDue', due) end
  -- An urgent one stays so, whatever else is requested meanwhile.
  local held = redis.call('HGET', job, 'wishJob')
  if not held or cjson.decode(requested).urgent then redis.call('HSET', job, 'wishJob', requested) end
end
