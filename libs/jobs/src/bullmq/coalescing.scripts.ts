import { RedisScript } from '@app/redis';

/*
 * What BullMQ's own `deduplication` does not give, read in its 6.7 scripts: without further options a second enqueue
 * is dropped, and is lost when the first is running; `reschedule` and `replace` also put a job off; with
 * `keepLastIfActive` the last delay wins instead of the earliest, and the kept one waits until the job is finished
 * for good, behind every retry.
 *
 * So we use its plain deduplication key (`<queue>:de:<key>` holds the id of the one live job of a coalescing key) and
 * add these rules, each one atomic:
 *
 * - A wish for a key joins the live job: brought forward when delayed, written into the job's own hash (`wishDue`,
 *   `wishJob`) when active. In the hash, as what crashes or stalls then takes its wish along.
 * - Only the job that the key names may run. It is renamed at the start of a run (`CLAIM_RUN`), and given up at the end
 *   of one, in the same step that reads the wish (`END_RUN`): a wish is either seen by the ending job or finds the key
 *   free and makes a job of its own.
 *
 * Beside them `HAS_DUE_JOB` and `WAKE` serve the watch on a worker that may have stopped to take jobs.
 *
 * All rely on these parts of BullMQ's layout: the sorted sets `delayed` (score: due time in ms * 4096) and `prioritized`
 * (score: priority * 2^32 + a turn from the counter `pc`), the lists `wait`, `paused` and `active`, one of which each job
 * that is not finished stands in, `marker` (for whose least member a worker waits: "0" wakes one at once, "1" at its score), the hash `meta` (whose field
 * `paused` keeps workers from taking any), `<id>:lock`, and the
 * fields `timestamp`, `finishedOn`, `priority` (read when a delayed job becomes due and when an active one goes back) and
 * `delay` (which is 0 from the moment at which the job may run).
 */

const SHARED = `
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

-- A job that is due lies in \`prioritized\` at its priority. One that is delayed or active gets there by its field: when
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

local function addWish(job, due, wished)
  local wishDue = tonumber(redis.call('HGET', job, 'wishDue'))
  if not wishDue or due < wishDue then redis.call('HSET', job, 'wishDue', due) end
  -- An urgent one stays so, whatever else is wished meanwhile.
  local held = redis.call('HGET', job, 'wishJob')
  if not held or cjson.decode(wished).urgent then redis.call('HSET', job, 'wishJob', wished) end
end
`;

/**
 * KEYS delayed, active, marker. ARGV prefix, then key, due, job, priority for each wish.
 * Answers 1 for each wish that a live job took up, 0 for each that needs a job of its own.
 */
export const JOIN_LIVE_JOBS = new RedisScript(`${SHARED}
local prefix = ARGV[1]
local joined = {}
for i = 2, #ARGV, 4 do
  local key, due, wished = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local id, lost = liveJob(prefix, key)
  if not id then
    -- A key that names a removed, finished or lost job must not swallow the add that follows.
    redis.call('DEL', prefix .. 'de:' .. key)
    if lost then redis.call('DEL', prefix .. lost) end
    joined[#joined + 1] = 0
  else
    -- A job that runs has its lock, even when its place in the list was lost; one that is found stalled has its place.
    if not bringForward(KEYS[1], KEYS[3], id, due)
      and (redis.call('EXISTS', prefix .. id .. ':lock') == 1 or redis.call('LPOS', KEYS[2], id)) then
      addWish(prefix .. id, due, wished)
    end
    raise(prefix, id, tonumber(ARGV[i + 3]))
    joined[#joined + 1] = 1
  end
end
return joined
`);

/**
 * ARGV prefix, key, id, token, now. Answers 'run' when the job may run; 'superseded' when another live job has its key
 * by now; 'lost' when the lock is no longer the caller's. A wish that is due is fulfilled by the run that begins.
 */
export const CLAIM_RUN = new RedisScript(`${SHARED}
local prefix, key, id, token, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local job = prefix .. id
if redis.call('GET', job .. ':lock') ~= token then return 'lost' end
local live = liveJob(prefix, key)
if live and live ~= id then return 'superseded' end
redis.call('SET', prefix .. 'de:' .. key, id)
local wishDue = tonumber(redis.call('HGET', job, 'wishDue'))
if wishDue and wishDue <= now then redis.call('HDEL', job, 'wishDue', 'wishJob') end
return 'run'
`);

/**
 * ARGV prefix, key, id, token, due of the job's own next run or '', that job. Gives the key up and answers what is to
 * run next as {due, job}, or nothing; 'lost' when the lock is no longer the caller's.
 */
export const END_RUN = new RedisScript(`${SHARED}
local prefix, key, id, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local job = prefix .. id
if redis.call('GET', job .. ':lock') ~= token then return 'lost' end
if ARGV[5] ~= '' then addWish(job, tonumber(ARGV[5]), ARGV[6]) end
if redis.call('GET', prefix .. 'de:' .. key) == id then redis.call('DEL', prefix .. 'de:' .. key) end
local wishDue = redis.call('HGET', job, 'wishDue')
if not wishDue then return nil end
return {wishDue, redis.call('HGET', job, 'wishJob')}
`);

/** KEYS delayed, marker. ARGV prefix, id. A job that waits for its retry comes forward to a wish made while it ran. */
export const APPLY_WISH_TO_RETRY = new RedisScript(`${SHARED}
local job = ARGV[1] .. ARGV[2]
local wishDue = tonumber(redis.call('HGET', job, 'wishDue'))
if wishDue and bringForward(KEYS[1], KEYS[2], ARGV[2], wishDue) then
  redis.call('HDEL', job, 'wishDue', 'wishJob')
end
return 0
`);

/** ARGV prefix, then keys. Answers 1 for each key that has a live job, else 0. */
export const PENDING_KEYS = new RedisScript(`${SHARED}
local pending = {}
for i = 2, #ARGV do pending[#pending + 1] = liveJob(ARGV[1], ARGV[i]) and 1 or 0 end
return pending
`);

/** KEYS wait, prioritized, delayed, meta. ARGV now. Answers 1 when a worker that asks now gets a job. As cheap for any number. */
export const HAS_DUE_JOB = new RedisScript(`
if redis.call('HEXISTS', KEYS[4], 'paused') == 1 then return 0 end
if redis.call('LLEN', KEYS[1]) > 0 or redis.call('ZCARD', KEYS[2]) > 0 then return 1 end
local first = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if first[2] and tonumber(first[2]) / 4096 <= tonumber(ARGV[1]) then return 1 end
return 0
`);

/** KEYS marker. */
export const WAKE = new RedisScript(`return redis.call('ZADD', KEYS[1], 0, '0')`);
