-- KEYS: the hash tag of the fleet. ARGV: id of an entry.
-- Answers the incarnation (or empty), the first and the latest entry's id (or `0-0`), and 1 if that one is there, else 0.
--- @include "keys.lua"
local feed = base .. ':changes'
local first = redis.call('XRANGE', feed, '-', '+', 'COUNT', 1)[1]
local last = redis.call('XREVRANGE', feed, '+', '-', 'COUNT', 1)[1]
return {
  redis.call('GET', base .. ':incarnation') or '', first and first[1] or '0-0', last and last[1] or '0-0',
  #redis.call('XRANGE', feed, ARGV[1], ARGV[1])
}
