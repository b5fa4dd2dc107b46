-- Appends to the audit log of a record: a list of lines of JSON, the latest first. Lines are given the oldest first.
local AUDIT_LENGTH = 200

local function appendAuditEntry(id, ...)
  local key = base .. ':ledger:' .. id
  if redis.call('LPUSH', key, ...) > AUDIT_LENGTH then redis.call('LTRIM', key, 0, AUDIT_LENGTH - 1) end
end
