import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/** For how long the same news is not told again. */
const TOLD_KEPT_SECONDS = 48 * 3_600;

/**
 * Puts news of the fleet on the change feed unless it was told lately. ARGV: key of the news, feed limit, type, time,
 * data as JSON. Answers 1 or 0: told or not.
 */
export const ANNOUNCE_ONCE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local key, feedLimit, type, at, data = unpack(ARGV)
if not redis.call('SET', base .. ':told:' .. key, at, 'NX', 'EX', ${TOLD_KEPT_SECONDS}) then return 0 end
redis.call('XADD', base .. ':changes', 'MAXLEN', '~', feedLimit, '*', 'type', type, 'at', at, 'data', data)
return 1
`);
