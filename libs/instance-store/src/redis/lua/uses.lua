-- The stream of uses: what readers of the latest uses need not ask of every record. An entry holds the uses of one script, as
-- id and epoch milliseconds. It is trimmed roughly, and never below USES_KEPT entries.
local function noteUses(uses)
  if #uses > 0 then redis.call('XADD', base .. ':uses', 'MAXLEN', '~', USES_KEPT, '*', unpack(uses)) end
end
