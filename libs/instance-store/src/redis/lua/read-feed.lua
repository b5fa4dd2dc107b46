-- KEYS: the hash tag of the fleet. ARGV: id of an entry or `0-0`, how many to answer, feed limit.
-- Answers nothing when entries after that one may be gone, else one value: those that there are.
--- @include "keys.lua"
--- @include "<redis>/stream-whole.lua"
local feed = base .. ':changes'
if not isWholeAfter(feed, ARGV[1], ARGV[3]) then return {} end
return {redis.call('XRANGE', feed, '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}
