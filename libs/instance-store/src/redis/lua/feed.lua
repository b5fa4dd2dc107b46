--- @include "<redis>/append-to-feed.lua"
-- Emits a change of one record on the change feed. trace: the span that it is written in; nil while traces are off.
local function emitChange(limit, type, id, revision, at, doc, trace)
  if trace then
    appendToFeed(limit, 'type', type, 'id', id, 'revision', revision, 'at', at, 'doc', doc, 'trace', trace)
  else
    appendToFeed(limit, 'type', type, 'id', id, 'revision', revision, 'at', at, 'doc', doc)
  end
end

-- Whether the event of this key may be emitted now: once in 48 hours. The answer counts as emitted.
local function claimEvent(key, at)
  return redis.call('SET', base .. ':told:' .. key, at, 'NX', 'EX', 172800)
end
