/** Begins every script: KEYS[1] is the hash tag that all keys share and that routes the script in a cluster. */
export const KEYS_FRAGMENT = String.raw`
local base = KEYS[1]

local function instanceKey(id)
  return base .. ':instance:' .. id
end
`;

/**
 * Keeps indexes, look-ups, deadlines, counters and pictures equal to the records. Two entries are compared, the one that
 * the indexes hold now and the one that they shall hold, so that exactly what differs is moved. Entries written by older
 * versions lack `group` and `discovered`.
 */
export const INDEXES_FRAGMENT = String.raw`
local function scopes(entry)
  local list = {'all', 'status:' .. entry.status}
  if entry.region ~= '' then
    list[3] = 'region:' .. entry.region
    list[4] = 'status:' .. entry.status .. ':region:' .. entry.region
  end
  local group = entry.group or ''
  if group ~= '' then list[#list + 1] = 'group:' .. group end
  return list
end

local function memberships(entry, id)
  local byKey = {}
  if not entry then return byKey end
  local created = entry.created .. id
  local name = entry.name .. '\0' .. created
  for _, scope in ipairs(scopes(entry)) do
    byKey[base .. ':by-created:' .. scope] = created
    byKey[base .. ':by-name:' .. scope] = name
  end
  return byKey
end

local function movePlaces(id, old, new)
  if old and new and old.status == new.status and old.region == new.region
    and old.name == new.name and old.created == new.created
    and (old.group or '') == (new.group or '') then return end
  local from, to = memberships(old, id), memberships(new, id)
  for key, member in pairs(from) do
    if to[key] ~= member then redis.call('ZREM', key, member) end
  end
  for key, member in pairs(to) do
    if from[key] ~= member then redis.call('ZADD', key, 0, member) end
  end
end

local function moveLookUp(key, id, from, to)
  if from == to then return end
  if from ~= '' then redis.call('HDEL', key, from) end
  if to ~= '' then redis.call('HSET', key, to, id) end
end

local function moveDeadlines(id, from, to)
  for kind in pairs(from) do
    if not to[kind] then redis.call('ZREM', base .. ':due:' .. kind, id) end
  end
  for kind, at in pairs(to) do
    if from[kind] ~= at then redis.call('ZADD', base .. ':due:' .. kind, string.format('%.0f', at), id) end
  end
end

local function moveCount(from, to)
  if from == to then return end
  if from then redis.call('HINCRBY', base .. ':counts', from, -1) end
  if to then redis.call('HINCRBY', base .. ':counts', to, 1) end
end

-- the provider's id of a live record; empty for one that has none or is gone
local function picturedId(entry)
  return entry and entry.status ~= 'terminated' and entry.novitaId or ''
end

local function movePicture(from, to, picture)
  if from ~= to and from ~= '' then redis.call('HDEL', base .. ':pictures', from) end
  if to ~= '' then redis.call('HSET', base .. ':pictures', to, picture) end
end

local function discovered(entry)
  return entry and entry.discovered and 'discovered' or nil
end

-- old or new is nil for a record that begins or ends here
local function moveIndexes(id, old, new, picture)
  movePlaces(id, old, new)
  moveLookUp(base .. ':by-marker', id, old and old.marker or '', new and new.marker or '')
  moveLookUp(base .. ':by-novita-id', id, old and old.novitaId or '', new and new.novitaId or '')
  moveDeadlines(id, old and old.deadlines or {}, new and new.deadlines or {})
  moveCount(old and old.status, new and new.status)
  moveCount(discovered(old), discovered(new))
  movePicture(picturedId(old), picturedId(new), picture)
end
`;

/** Entries of the change feed. The cap is approximate (whole nodes of the stream), which costs nothing. */
export const FEED_FRAGMENT = String.raw`
local function announce(limit, type, id, revision, at, doc)
  redis.call('XADD', base .. ':changes', 'MAXLEN', '~', limit, '*',
    'type', type, 'id', id, 'revision', revision, 'at', at, 'doc', doc)
end

-- also is a second type or empty; it is due when the status before was alsoFrom, which is empty for any
local function announceWrite(limit, from, to, reached, also, alsoFrom, id, revision, at, doc)
  if from == to then
    announce(limit, 'instance.updated', id, revision, at, doc)
    return
  end
  announce(limit, reached, id, revision, at, doc)
  if also ~= '' and (alsoFrom == '' or alsoFrom == from) then announce(limit, also, id, revision, at, doc) end
end
`;

/** A version is the revision and a nonce, such as 7-k3f9x2. */
export const VERSION_FRAGMENT = String.raw`
local function revisionOf(version)
  return string.match(version, '^%d+')
end
`;
