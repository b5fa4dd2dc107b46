-- A page of the keys and versions of one kind, without the projections.
-- KEYS: hash tag.
-- ARGV: kind, cursor, size of a page.
-- Answers the next cursor, then key and version in turn.
local page = redis.call('HSCAN', KEYS[1] .. ':kubernetes:resources:' .. ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local found = page[2]
local answer = {page[1]}
for i = 1, #found, 2 do
  answer[i + 1] = found[i]
  answer[i + 2] = string.match(found[i + 1], '^%S+ (%S+ %S+)\n') or ''
end
return answer
