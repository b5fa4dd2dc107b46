-- A version is the revision and a nonce, such as 7-k3f9x2.
local function revisionOf(version)
  return string.match(version, '^%d+')
end
