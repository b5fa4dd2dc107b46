-- KEYS: hash tag, events, status, pause.
-- ARGV: the pause (empty to end it), time, events kept.
-- Answers the pause that holds from now on, empty for none. One that cannot be understood counts as none.
--- @include "events.lua"
local wanted, at, kept = unpack(ARGV)
local held = redis.call('GET', KEYS[4])
if held then
  local isJson, pause = pcall(cjson.decode, held)
  local isPause = isJson and type(pause) == 'table' and type(pause.since) == 'string' and type(pause.by) == 'string'
  if isPause and wanted ~= '' then return held end
end
if wanted == '' and not held then return '' end
if wanted == '' then redis.call('DEL', KEYS[4]) else redis.call('SET', KEYS[4], wanted) end
announce(newest(), kept, wanted == '' and 'sync.resumed' or 'sync.paused', at, redis.call('GET', KEYS[3]) or '', wanted)
return wanted
