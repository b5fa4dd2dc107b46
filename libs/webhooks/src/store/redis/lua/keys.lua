-- Begins every script of webhooks: KEYS[1] is the hash tag that all keys share and that routes the script in a cluster.
-- libs/redis/src/protocol/keys.ts says of each key what it is.
local base = KEYS[1]
local hooks = base .. ':webhooks:'
local FAN_OUT = hooks .. 'fan-out'
local INSTANCES = hooks .. 'instances'
local ENDPOINTS = hooks .. 'endpoints'
local OF_INSTANCES = hooks .. 'instance-endpoints'
local USED = hooks .. 'instance-endpoints-used'
local HEALTH = hooks .. 'health'
local GATES = hooks .. 'gates'
local DUE = hooks .. 'due'
local LOG = hooks .. 'log'
local PENDING = hooks .. 'pending'

local function dueKey(endpoint)
  return DUE .. ':' .. endpoint
end

local function logKey(endpoint)
  return LOG .. ':' .. endpoint
end

local function lineKey(endpoint, instance)
  return hooks .. 'line:' .. endpoint .. ':' .. instance
end

local function deliveryKey(id)
  return hooks .. 'delivery:' .. id
end

local function eventKey(id)
  return hooks .. 'event:' .. id
end

-- Numbers of Lua have a fraction in text when they are large.
local function whole(number)
  return string.format('%.0f', number)
end

-- An endpoint of either kind: its document, or false.
local function endpointDoc(id)
  return redis.call('HGET', ENDPOINTS, id) or redis.call('HGET', OF_INSTANCES, id)
end
