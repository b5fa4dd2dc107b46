import { RedisScript } from '@app/redis';

/*
 * What BullMQ's job schedulers do not give, read in its 6.7 scripts: the next run is a number in the sorted set
 * `repeat` and a delayed job of its own, `repeat:<key>:<number>`, and nothing notices when only the job is lost.
 * Upserted again, such a scheduler goes on one period after the lost run; and a new period begins with a run at once,
 * so that two processes of different settings that both upsert would make it run at every turn.
 *
 * A start date would settle both, but BullMQ heeds it only in a scheduler whose period changes. So `OPEN_SCHEDULE` takes
 * the period out of one that has to change, and the upsert that follows puts the new one in. Between the two it goes on
 * by the period in its job's own options. The offset goes too: it is that of the old period, and could be longer than
 * the new one.
 */

const SHARED = `
local repeats, delayed, key = KEYS[1], KEYS[2], ARGV[1]
local due = redis.call('ZSCORE', repeats, key)
if not due then return nil end
local job = 'repeat:' .. key .. ':' .. due
local record = repeats .. ':' .. key .. ':' .. due
local function lives()
  if redis.call('EXISTS', record) == 0 then return false end
  if redis.call('ZSCORE', delayed, job) or redis.call('ZSCORE', KEYS[3], job) then return true end
  for i = 4, 6 do
    if redis.call('LPOS', KEYS[i], job) then return true end
  end
  return false
end
`;

/**
 * KEYS repeat, delayed, prioritized, active, wait, paused. ARGV key. Answers when the schedule runs next in ms, or
 * nothing when there is none or its job is lost.
 */
export const READ_NEXT_RUN = new RedisScript(`${SHARED}
if lives() then return due end
return nil
`);

/**
 * KEYS repeat, delayed, prioritized, active, wait, paused. ARGV key, period in ms. Answers nothing when there is no such
 * schedule, 'as-said' when it needs no change, else {when it was to run next in ms, 1 or 0 for a job that is there or
 * lost}.
 */
export const OPEN_SCHEDULE = new RedisScript(`${SHARED}
local scheduler = repeats .. ':' .. key
local alive = lives()
if alive and tonumber(redis.call('HGET', scheduler, 'every')) == tonumber(ARGV[2]) then return 'as-said' end
redis.call('HDEL', scheduler, 'every', 'offset')
if not alive then
  -- What is left of a lost job would have BullMQ take a later time, for which there is none yet.
  if redis.call('HEXISTS', record, 'finishedOn') == 0 then redis.call('DEL', record) end
end
return {due, alive and 1 or 0}
`);
