-- Appends to the audit log of a record: a list of lines of JSON, the latest first. Lines are given the oldest first.
-- So many are kept as AUDIT_LOG_LENGTH says, a constant that src/plan/audit-lines.ts gives to the script.
local function appendAuditEntry(id, ...)
  local key = base .. ':ledger:' .. id
  if redis.call('LPUSH', key, ...) > AUDIT_LOG_LENGTH then redis.call('LTRIM', key, 0, AUDIT_LOG_LENGTH - 1) end
end
