-- Notes the listing digests of records that agree with their listing. KEYS: the hash tag of the fleet.
-- ARGV: name of the lock and its token, then id, revision and digest of each.
-- Answers `lock-lost` or `noted`. A digest for another revision, or for no live record with a provider's id, is passed over.
--- @include "keys.lua"
--- @include "<redis>/holds-lock.lua"
if not holdsLock(ARGV[1], ARGV[2]) then return 'lock-lost' end
local fields, n = {}, 0
for i = 3, #ARGV, 3 do
  local held = redis.call('HMGET', instanceKey(ARGV[i]), 'version', 'index')
  if held[1] and revisionOf(held[1]) == ARGV[i + 1] then
    local entry = cjson.decode(held[2])
    if entry.novitaId ~= '' and entry.status ~= 'terminated' then
      fields[n + 1], fields[n + 2] = entry.novitaId, ARGV[i + 2]
      n = n + 2
    end
  end
end
if n > 0 then redis.call('HSET', base .. ':pictures', unpack(fields)) end
return 'noted'
