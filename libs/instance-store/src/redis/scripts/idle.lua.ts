import { RedisScript } from '../redis-script.js';
import { FEED_FRAGMENT, KEYS_FRAGMENT, VERSION_FRAGMENT } from './fragments.lua.js';
import { LEDGER_FRAGMENT } from './ledger.lua.js';

/**
 * Keeps the idle deadlines. A record's `state` is its status and, when idleness counts, since when at the latest sign
 * in the record itself, how long it may last, and how long before its end a warning goes out, in milliseconds.
 * `warned` is the beginning of the idle period that was warned about last.
 */
export const IDLE_FRAGMENT = String.raw`
local dueKey = base .. ':due:autoStopAt'

-- nil when idleness does not count; a whole number, which Redis takes as it is
local function idleDue(state, lastUsed, warned)
  local from, threshold, warning = string.match(state, ' (%-?%d+) (%d+) (%d+)$')
  if not from then return nil end
  local since, used = tonumber(from), lastUsed and tonumber(lastUsed)
  if used and used > since then since = used end
  if warned and tonumber(warned) == since then return since + threshold end
  return since + threshold - warning
end

-- set or taken out whatever the index seems to hold: it may have been put off, or lost
local function placeIdle(id, state, lastUsed, warned)
  local due = idleDue(state, lastUsed, warned)
  if due then redis.call('ZADD', dueKey, due, id) else redis.call('ZREM', dueKey, id) end
end
`;

/**
 * Warns of the stop of an idle instance, once in each idle period. ARGV: id, revision and last-used that the warning
 * rests on (-1 for none), beginning of the idle period, time of the stop (all in epoch milliseconds), feed limit, time,
 * line for the ledger. Answers the outcome, which is `stale` too where idleness does not count by the rules that the
 * record was indexed under.
 */
export const WARN_IDLE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${IDLE_FRAGMENT}
${LEDGER_FRAGMENT}
${FEED_FRAGMENT}
${VERSION_FRAGMENT}
local id, revision, lastUsed, since, stopAt, feedLimit, at, line = unpack(ARGV)
local key = instanceKey(id)

local held = redis.call('HMGET', key, 'version', 'lastUsed', 'warned', 'doc', 'state')
if not held[1] then return 'missing' end
if revisionOf(held[1]) ~= revision or not idleDue(held[5] or '') then return 'stale' end
if held[2] and tonumber(held[2]) > tonumber(lastUsed) then return 'used-meanwhile' end
if held[3] == since then return 'already' end

redis.call('HSET', key, 'warned', since)
redis.call('ZADD', dueKey, stopAt, id)
announce(feedLimit, 'instance.auto_stop_warning', id, revision, at, held[4])
enterInLedger(id, {line})
return 'warned'
`);

/**
 * Puts idle deadlines in line with the present rules. ARGV: id, revision and state of each; those that were written
 * since are passed over, because their writers have put them right.
 */
export const REINDEX_IDLE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${IDLE_FRAGMENT}
${VERSION_FRAGMENT}
for i = 1, #ARGV, 3 do
  local id, revision, state = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local held = redis.call('HMGET', instanceKey(id), 'version', 'lastUsed', 'state', 'warned')
  if held[1] and revisionOf(held[1]) == revision then
    if held[3] ~= state then redis.call('HSET', instanceKey(id), 'state', state) end
    placeIdle(id, state, held[2], held[4])
  end
end
return 'done'
`);
