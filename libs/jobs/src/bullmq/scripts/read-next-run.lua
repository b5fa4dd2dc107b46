-- KEYS: repeat, delayed, prioritized, active, wait, paused.
-- ARGV: key.
-- Answers when the schedule runs next in ms, or nothing when there is none or its job is lost.
--- @include "scheduled-run.lua"
if lives() then return due end
return nil
