-- Enters lines in the audit logs of records that are there. KEYS: the hash tag of the fleet. ARGV: id and line, in turn.
-- Answers `entered`. A line that stands at the head already is not entered again: the first answer was lost and the
-- command was sent anew.
--- @include "keys.lua"
--- @include "audit.lua"
for i = 1, #ARGV, 2 do
  local id, line = ARGV[i], ARGV[i + 1]
  if redis.call('EXISTS', instanceKey(id)) == 1 and redis.call('LINDEX', base .. ':ledger:' .. id, 0) ~= line then
    appendAuditEntry(id, line)
  end
end
return 'entered'
