import { RedisScript } from '../redis-script.js';
import { TOLD_FRAGMENT } from './announce-once.lua.js';
import { FEED_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';
import { LEDGER_FRAGMENT } from './ledger.lua.js';

/** Stands in the lines for how long was waited, which is known only where the record is looked at. */
export const WAITED = '<waited>';

/**
 * Announces wishes that the provider should have confirmed by now, each unless that was done lately. ARGV: now in epoch
 * milliseconds, time, feed limit, lines for the ledgers of those to be stopped and of those to be deleted, then ids.
 * Answers how many were announced.
 */
export const ANNOUNCE_UNCONFIRMED = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${TOLD_FRAGMENT}
${LEDGER_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
local HEAD = 5
local nowText, at, feedLimit, ofStop, ofDelete = unpack(ARGV, 1, HEAD)
local now, lines = tonumber(nowText), {stopped = ofStop, deleted = ofDelete}

local function waitedFor(ms)
  if ms < 60000 then return math.floor(ms / 1000) .. ' s' end
  return ms < 7200000 and math.floor(ms / 60000) .. ' min' or math.floor(ms / 3600000) .. ' h'
end

local announced = 0
for i = HEAD + 1, #ARGV do
  local id = ARGV[i]
  local due = redis.call('ZSCORE', base .. ':due:confirmBy', id)
  if due and tonumber(due) <= now then
    local held = redis.call('HMGET', instanceKey(id), 'version', 'index', 'doc')
    local entry = held[1] and cjson.decode(held[2])
    local wishedMs = entry and string.format('%.0f', entry.desiredMs)
    if entry and tellOnce('unconfirmed-' .. id .. '-' .. wishedMs, at) then
      announce(feedLimit, 'instance.unconfirmed', id, revisionOf(held[1]), at, held[3])
      local line = string.gsub(lines[entry.desired], '${WAITED}', waitedFor(now - entry.desiredMs))
      enterInLedger(id, {line})
      announced = announced + 1
    end
  end
end
return announced
`);
