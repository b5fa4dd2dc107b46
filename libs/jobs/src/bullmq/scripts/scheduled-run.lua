-- What BullMQ's job schedulers do not give, read in its 6.7 scripts: the next run is a number in the sorted set `repeat` and
-- a delayed job of its own, `repeat:<key>:<number>`, and nothing detects that only the job is lost. For scripts with
-- KEYS: repeat, delayed, prioritized, active, wait, paused; and ARGV[1]: key.
-- Answers nothing at once when there is no such schedule.
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
