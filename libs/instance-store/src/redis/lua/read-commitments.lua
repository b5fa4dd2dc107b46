-- What the instances of an owner commit it to. KEYS: the hash tag of the fleet. ARGV: the key without it.
-- Answers id and value in turn.
--- @include "keys.lua"
--- @include "commitments.lua"
return commitmentsAt(base .. ':' .. ARGV[1])
