import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';
import { IDLE_FRAGMENT } from './idle.lua.js';
import { METERS_FRAGMENT } from './meters.lua.js';

/**
 * ARGV: feed limit, time, now in epoch milliseconds, then id, version, document, index entry, idle state and last-used
 * (or empty) of each. Answers how many were put back.
 */
export const RESTORE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
${IDLE_FRAGMENT}
${METERS_FRAGMENT}
local feedLimit, at, now = unpack(ARGV, 1, 3)

local function belongsToAnother(lookUp, name, id)
  local holder = name ~= '' and redis.call('HGET', base .. lookUp, name)
  return holder and holder ~= id
end

local count = 0
for i = 4, #ARGV, 6 do
  local id, version, doc, index, state, used = unpack(ARGV, i, i + 5)
  local key = instanceKey(id)
  local held = redis.call('HMGET', key, 'version', 'index', 'lastUsed', 'warned')
  local isHeld = held[1] and tonumber(revisionOf(held[1])) >= tonumber(revisionOf(version))
  local new = cjson.decode(index)
  if not isHeld and not belongsToAnother(':by-marker', new.marker, id)
    and not belongsToAnother(':by-novita-id', new.novitaId, id) then
    local old = held[2] and cjson.decode(held[2]) or nil
    redis.call('HSET', key, 'doc', doc, 'version', version, 'index', index, 'state', state)
    local latest = held[3]
    if used ~= '' and (not latest or tonumber(latest) < tonumber(used)) then
      latest = used
      redis.call('HSET', key, 'lastUsed', used)
    end
    moveIndexes(id, old, new, '')
    moveMeter(id, old, new, now)
    placeIdle(id, state, latest, held[4])
    announce(feedLimit, 'instance.updated', id, revisionOf(version), at, doc)
    count = count + 1
  end
end
return count
`);
