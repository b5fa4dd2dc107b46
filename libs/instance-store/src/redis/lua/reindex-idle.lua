-- Brings idle deadlines in line with the present rules. KEYS: the hash tag of the fleet. ARGV: id, revision and state of
-- each. A record that was written since is passed over, because that write has set its deadline. Answers `done`.
--- @include "keys.lua"
--- @include "idle.lua"
for i = 1, #ARGV, 3 do
  local id, revision, state = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'state', 'warned')
  if held[1] and revisionOf(held[1]) == revision then
    if held[3] ~= state then redis.call('HSET', instanceKey(id), 'state', state) end
    placeIdle(id, state, held[2], held[4])
  end
end
return 'done'
