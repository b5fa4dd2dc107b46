-- Keeps a list of Novita's, unless a later one is kept. Times of one form sort as texts; one of another form is nobody's and
-- gives way.
-- KEYS: the mirrored list.
-- ARGV: time, version, items.
-- Answers 1 when the items changed, else 0.
local asOf, version, items = unpack(ARGV)
local known = redis.call('HMGET', KEYS[1], 'asOf', 'version', 'items')
if known[1] and string.find(known[1], '^%d%d%d%d%-%d%d%-%d%dT') and known[1] >= asOf then return 0 end
if known[2] == version and known[3] == items then
  redis.call('HSET', KEYS[1], 'asOf', asOf)
  return 0
end
redis.call('HSET', KEYS[1], 'asOf', asOf, 'version', version, 'items', items)
return 1
