import { HOLDS_LOCK_FRAGMENT } from '@app/redis';
import { RedisScript } from '../redis-script.js';
import { INDEXES_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';

/**
 * Notes what a listing showed of records that say so already. ARGV: name of the lock and its token, then id, revision
 * and picture of each. Answers `lock-lost` or `noted`; those of another revision, and those of no live record with a
 * provider's id, are passed over.
 */
export const NOTE_PICTURES = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${INDEXES_FRAGMENT}
${VERSION_FRAGMENT}
${HOLDS_LOCK_FRAGMENT}
if not holdsLock(ARGV[1], ARGV[2]) then return 'lock-lost' end
local fields, n = {}, 0
for i = 3, #ARGV, 3 do
  local held = redis.call('HMGET', instanceKey(ARGV[i]), 'version', 'index')
  if held[1] and revisionOf(held[1]) == ARGV[i + 1] then
    local novitaId = picturedId(cjson.decode(held[2]))
    if novitaId ~= '' then
      fields[n + 1], fields[n + 2] = novitaId, ARGV[i + 2]
      n = n + 2
    end
  end
end
if n > 0 then redis.call('HSET', base .. ':pictures', unpack(fields)) end
return 'noted'
`);
