-- KEYS: hash tag, events, status, pause.
-- Answers the status document and the pause, each empty for none, and the id of the latest event.
--- @include "events.lua"
local last = newest()
return {redis.call('GET', KEYS[3]) or '', redis.call('GET', KEYS[4]) or '', last and last[1] or '0-0'}
