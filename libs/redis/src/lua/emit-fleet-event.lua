-- Adds an entry to the change feed of the records, after `base` is defined as the hash tag that all keys share. `limit` is
-- the cap of the feed.
--- @include "<redis>/append-to-feed.lua"
local function emitFleetEvent(limit, type, at, data)
  appendToFeed(limit, 'type', type, 'at', at, 'data', data)
end
