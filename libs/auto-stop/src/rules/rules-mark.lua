-- KEYS: settled rules, rules in use by the time of their latest report.
-- ARGV: action, fingerprint, for how many ms rules count as in use after a report.
-- `report` notes that the rules are in use. Answers {settled rules or '', count of other rules in use}.
-- `settle` notes that all deadlines agree with the rules. Answers 1 when it took effect, 0 when other rules are in use.
local action, fingerprint, inUseMs = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - inUseMs)
local others = redis.call('ZCARD', KEYS[2])
if redis.call('ZSCORE', KEYS[2], fingerprint) then others = others - 1 end
if action == 'report' then
  redis.call('ZADD', KEYS[2], now, fingerprint)
  if others > 0 then redis.call('DEL', KEYS[1]) end
  return {redis.call('GET', KEYS[1]) or '', others}
end
if others > 0 then return 0 end
redis.call('SET', KEYS[1], fingerprint)
return 1
