-- Whether every entry after a position is still there.
-- KEYS: the hash tag of the fleet. ARGV: the rest of the stream's key, position, the stream's cap.
-- Answers 1 or 0.
--- @include "<redis>/stream-whole.lua"
return isWholeAfter(KEYS[1] .. ARGV[1], ARGV[2], ARGV[3]) and 1 or 0
