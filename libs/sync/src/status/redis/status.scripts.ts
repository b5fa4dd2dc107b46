import { TELL_NEWS_FRAGMENT } from '@app/instance-store';
import { HOLDS_LOCK_FRAGMENT, RedisScript } from '@app/redis';

/*
 * KEYS[1] of each script is the base, the hash tag of the fleet. Keys: `sync:status` (document of the latest run),
 * `sync:paused`, `sync:events` (stream), `sync:history` (list, the latest first), `sync:held`.
 *
 * Each event names the one before it. So it can be told whether events after a given one have been trimmed away: only
 * if the one before the oldest kept comes after it.
 */
const BASE = String.raw`
local base = KEYS[1]
local eventsKey = base .. ':sync:events'
local statusKey = base .. ':sync:status'
local pausedKey = base .. ':sync:paused'
`;

const ENDS_FRAGMENT = String.raw`
local function fieldsOf(entry)
  local fields = {}
  for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
  return fields
end

local function newest()
  return redis.call('XREVRANGE', eventsKey, '+', '-', 'COUNT', 1)[1]
end
`;

/** The cap is approximate (whole nodes of the stream), which costs nothing. */
const ANNOUNCE_FRAGMENT = String.raw`
local function announce(before, limit, type, at, run, paused)
  redis.call('XADD', eventsKey, 'MAXLEN', '~', limit, '*',
    'type', type, 'at', at, 'run', run, 'paused', paused, 'before', before and before[1] or '0-0')
end
`;

/** Answers the status document and the pause, each empty for none, and the id of the latest event. */
export const READ_STATUS = new RedisScript(String.raw`
${BASE}
${ENDS_FRAGMENT}
local last = newest()
return {redis.call('GET', statusKey) or '', redis.call('GET', pausedKey) or '', last and last[1] or '0-0'}
`);

/**
 * ARGV: lock, token, type, time, status document, events kept, history entry (empty for none), entries kept, news for the
 * change feed (empty for none), its limit.
 * Answers 1, or 0 when the lock is lost. A command that is sent again because its answer was lost changes nothing. Steps
 * of progress can be equal but for their times; every other event is told once for what it says of its run.
 */
export const PUBLISH = new RedisScript(String.raw`
${BASE}
${HOLDS_LOCK_FRAGMENT}
${ENDS_FRAGMENT}
${ANNOUNCE_FRAGMENT}
${TELL_NEWS_FRAGMENT}
local lock, token, type, at, run, kept, entry, entriesKept, news, newsKept = unpack(ARGV)
if not holdsLock(lock, token) then return 0 end
local last = newest()
if last then
  local fields = fieldsOf(last)
  local isTold = fields.type == type and fields.run == run and (fields.at == at or type ~= 'sync.progress')
  if isTold then return 1 end
end
redis.call('SET', statusKey, run)
announce(last, kept, type, at, run, redis.call('GET', pausedKey) or '')
if entry ~= '' then
  redis.call('LPUSH', base .. ':sync:history', entry)
  redis.call('LTRIM', base .. ':sync:history', 0, entriesKept - 1)
end
if news ~= '' then tellNews(newsKept, type, at, news) end
return 1
`);

/**
 * ARGV: the pause (empty to end it), time, events kept.
 * Answers the pause that holds from now on, empty for none. One that cannot be understood counts as none.
 */
export const SET_PAUSED = new RedisScript(String.raw`
${BASE}
${ENDS_FRAGMENT}
${ANNOUNCE_FRAGMENT}
local wanted, at, kept = unpack(ARGV)
local held = redis.call('GET', pausedKey)
if held then
  local isJson, pause = pcall(cjson.decode, held)
  local isPause = isJson and type(pause) == 'table' and type(pause.since) == 'string' and type(pause.by) == 'string'
  if isPause and wanted ~= '' then return held end
end
if wanted == '' and not held then return '' end
if wanted == '' then redis.call('DEL', pausedKey) else redis.call('SET', pausedKey, wanted) end
announce(newest(), kept, wanted == '' and 'sync.resumed' or 'sync.paused', at, redis.call('GET', statusKey) or '', wanted)
return wanted
`);

/**
 * ARGV: milliseconds and count of an event's id, how many to answer.
 * Answers 0 when events after that one are gone, else 1 followed by those that there are.
 */
export const EVENTS_AFTER = new RedisScript(String.raw`
${BASE}
${ENDS_FRAGMENT}
local ms, n, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local function isPast(id)
  local idMs, idN = string.match(id, '^(%d+)-(%d+)$')
  idMs, idN = tonumber(idMs), tonumber(idN)
  return idMs > ms or (idMs == ms and idN > n)
end
local last = newest()
if not last then return (ms == 0 and n == 0) and {1} or {0} end
-- an id from before Redis lost its data: what came after it is gone with it
if not isPast(last[1]) and last[1] ~= ARGV[1] .. '-' .. ARGV[2] then return {0} end
local oldest = redis.call('XRANGE', eventsKey, '-', '+', 'COUNT', 1)[1]
if isPast(fieldsOf(oldest).before) then return {0} end
return {1, redis.call('XRANGE', eventsKey, '(' .. ARGV[1] .. '-' .. ARGV[2], '+', 'COUNT', limit)}
`);

/** ARGV: lock, token, the ids as JSON (empty to clear them). Answers 1, or 0 when the lock is lost. */
export const PUT_HELD_IDS = new RedisScript(String.raw`
${BASE}
${HOLDS_LOCK_FRAGMENT}
if not holdsLock(ARGV[1], ARGV[2]) then return 0 end
if ARGV[3] == '' then redis.call('DEL', base .. ':sync:held') else redis.call('SET', base .. ':sync:held', ARGV[3]) end
return 1
`);
