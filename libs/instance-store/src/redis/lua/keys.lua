-- Begins every script: KEYS[1] is the hash tag that all keys share and that routes the script in a cluster. src/keys.ts
-- names every key.
local base = KEYS[1]

local function instanceKey(id)
  return base .. ':instance:' .. id
end
