-- Writes and removes objects of one kind, with an entry of the feed for each change.
-- KEYS: hash tag.
-- ARGV: name and token of the lock, number of the latest write, kind, time, cap of the feed, 1 for a silent write, then key
-- and value in turn. A value is `<uid> <version>`, labels and projection, a line each; empty, it removes. What is stored begins with the id of an
-- entry of the feed: it is as after that entry, or a later one.
-- Answers {number of the write, added, modified, removed}, or as number-of-write.lua why nothing was written.
-- What changes nothing is passed over, so that a write whose answer was lost may be sent again.
local base = KEYS[1]
--- @include "number-of-write.lua"
local number, refusal = numberOfWrite(ARGV[1], ARGV[2], ARGV[3])
if not number then return refusal end
local kind, at, limit, isSilent = ARGV[4], ARGV[5], ARGV[6], ARGV[7] == '1'
local resources = base .. ':kubernetes:resources:' .. kind
local feed = base .. ':kubernetes:feed'
local added, modified, removed = 0, 0, 0
local latest = '0-0'
if isSilent then
  local last = redis.call('XREVRANGE', feed, '+', '-', 'COUNT', 1)[1]
  latest = last and last[1] or latest
end
local function emit(type, key, value)
  -- Whoever takes over knows by it that followers have missed changes.
  if isSilent then
    redis.call('SADD', base .. ':kubernetes:reloads', kind)
    return latest
  end
  return redis.call('XADD', feed, 'MAXLEN', '~', limit, '*',
    'type', type, 'at', at, 'kind', kind, 'key', key, 'value', value)
end
for i = 8, #ARGV, 2 do
  local key, value = ARGV[i], ARGV[i + 1]
  local stored = redis.call('HGET', resources, key)
  local uid, version = nil, nil
  if stored then
    uid, version = string.match(stored, '^%S+ (%S+) (%S+)\n')
    stored = string.sub(stored, (string.find(stored, ' ', 1, true) or 0) + 1)
  end
  if value == '' then
    if stored then
      emit('resource.deleted', key, stored)
      redis.call('HDEL', resources, key)
      removed = removed + 1
    end
  else
    local newUid, newVersion = string.match(value, '^(%S+) (%S+)\n')
    if not stored then
      redis.call('HSET', resources, key, emit('resource.added', key, value) .. ' ' .. value)
      added = added + 1
    elseif uid and uid ~= newUid then
      -- Another object of the same name.
      emit('resource.deleted', key, stored)
      redis.call('HSET', resources, key, emit('resource.added', key, value) .. ' ' .. value)
      removed = removed + 1
      added = added + 1
    elseif version ~= newVersion then
      redis.call('HSET', resources, key, emit('resource.modified', key, value) .. ' ' .. value)
      modified = modified + 1
    end
  end
end
return {number, added, modified, removed}
