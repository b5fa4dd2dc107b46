-- Begins every script: KEYS[1] is the hash tag that all keys share and that routes the script in a cluster. src/redis/keys.ts
-- names every key.
local base = KEYS[1]

local function instanceKey(id)
  return base .. ':instance:' .. id
end

-- a version is the revision and a nonce, such as 7-k3f9x2
local function revisionOf(version)
  return string.match(version, '^%d+')
end
