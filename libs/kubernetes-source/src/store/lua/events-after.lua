-- KEYS: hash tag.
-- ARGV: id of an entry of the feed, how many, cap of the feed.
-- Answers the entries after it, or nothing when some may be lost.
--- @include "<redis>/stream-whole.lua"
local feed = KEYS[1] .. ':kubernetes:feed'
if not isWholeAfter(feed, ARGV[1], ARGV[3]) then return nil end
return redis.call('XRANGE', feed, '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
