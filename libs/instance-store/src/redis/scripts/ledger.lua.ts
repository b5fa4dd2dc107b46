import { LEDGER_LENGTH } from '../../ledger/ledger-line.js';
import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/** Keeps the ledgers: a list of lines of JSON for each record, the latest first. */
export const LEDGER_FRAGMENT = String.raw`
local function enterInLedger(id, lines)
  if #lines == 0 then return end
  local key = base .. ':ledger:' .. id
  if redis.call('LPUSH', key, unpack(lines)) > ${LEDGER_LENGTH} then
    redis.call('LTRIM', key, 0, ${LEDGER_LENGTH - 1})
  end
end

-- by and reason are JSON already; all else are words of ours that need no escaping
local function changeLine(at, kind, by, from, to, reason)
  return '{"at":"' .. at .. '","kind":"' .. kind .. '","by":' .. by
    .. (from and ',"from":"' .. from .. '"' or '') .. ',"to":"' .. to .. '","reason":' .. reason .. '}'
end

-- an entry of an older version does not say what was wished
local function wishChanges(old, new)
  if old.desired then return old.desired ~= new.desired end
  return old.desiredMs ~= new.desiredMs
end

-- extra is a line or empty
local function enterChanges(id, old, new, at, wishedBy, changedBy, reason, extra)
  local lines = {}
  if extra ~= '' then lines[1] = extra end
  if wishChanges(old, new) then
    lines[#lines + 1] = changeLine(at, 'wish', wishedBy, old.desired, new.desired, reason)
  end
  if old.status ~= new.status then
    local by = old.desiredMs == new.desiredMs and changedBy or wishedBy
    lines[#lines + 1] = changeLine(at, 'status', by, old.status, new.status, reason)
  end
  enterInLedger(id, lines)
end
`;

/**
 * Enters lines for records that are there. ARGV: id and line, in turn. A line that stands at the head already is not
 * entered again: the first answer was lost and the command was sent anew.
 */
export const ENTER_IN_LEDGER = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${LEDGER_FRAGMENT}
for i = 1, #ARGV, 2 do
  local id, line = ARGV[i], ARGV[i + 1]
  if redis.call('EXISTS', instanceKey(id)) == 1 and redis.call('LINDEX', base .. ':ledger:' .. id, 0) ~= line then
    enterInLedger(id, {line})
  end
end
return 'entered'
`);
