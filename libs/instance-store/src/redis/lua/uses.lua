-- The stream of uses: what readers of the latest uses need not ask of every record. An entry holds at most ten uses of one script,
-- as id and epoch milliseconds, so that a bound on entries bounds the uses. It is trimmed roughly, and never below USES_KEPT entries.
local VALUES_OF_ENTRY = 20
local function noteUses(uses)
  for first = 1, #uses, VALUES_OF_ENTRY do
    local last = math.min(first + VALUES_OF_ENTRY - 1, #uses)
    redis.call('XADD', base .. ':uses', 'MAXLEN', '~', USES_KEPT, '*', unpack(uses, first, last))
  end
end
