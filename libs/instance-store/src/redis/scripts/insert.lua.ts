import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, INDEXES_FRAGMENT, KEYS_FRAGMENT } from './fragments.lua.js';
import { IDLE_FRAGMENT } from './idle.lua.js';
import { LEDGER_FRAGMENT } from './ledger.lua.js';
import { METERS_FRAGMENT } from './meters.lua.js';

/**
 * Writes a record that is not there yet.
 * ARGV: id, version, document, index entry, change type, feed limit, time, idle state, now in epoch milliseconds, then the lines that its
 * ledger begins with.
 * Answers `inserted`, or `exists` with the holder's id, version, last-used and document.
 */
export const INSERT = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${FEED_FRAGMENT}
${IDLE_FRAGMENT}
${LEDGER_FRAGMENT}
${METERS_FRAGMENT}
local id, version, doc, index, typeOfChange, feedLimit, at, state, now = unpack(ARGV, 1, 9)
local new = cjson.decode(index)

local holder = redis.call('EXISTS', instanceKey(id)) == 1 and id
if not holder and new.marker ~= '' then holder = redis.call('HGET', base .. ':by-marker', new.marker) end
if not holder and new.novitaId ~= '' then holder = redis.call('HGET', base .. ':by-novita-id', new.novitaId) end
if holder then
  local held = redis.call('HMGET', instanceKey(holder), 'version', 'lastUsed', 'doc')
  return {'exists', holder, held[1], held[2], held[3]}
end

redis.call('HSET', instanceKey(id), 'doc', doc, 'version', version, 'index', index, 'state', state)
moveIndexes(id, nil, new, '')
moveMeter(id, nil, new, now)
placeIdle(id, state)
enterInLedger(id, {unpack(ARGV, 10)})
announce(feedLimit, typeOfChange, id, 1, at, doc)
return {'inserted'}
`);
