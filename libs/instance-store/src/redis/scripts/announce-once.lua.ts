import { RedisScript } from '../redis-script.js';
import { TELL_NEWS_FRAGMENT } from './feed.lua.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/** For how long the same news is not told again. */
const TOLD_KEPT_SECONDS = 48 * 3_600;

/** Whether something is told now: not when it was told under the same key lately. */
export const TOLD_FRAGMENT = String.raw`
local function tellOnce(key, at)
  return redis.call('SET', base .. ':told:' .. key, at, 'NX', 'EX', ${TOLD_KEPT_SECONDS})
end
`;

/**
 * Puts news of the fleet on the change feed unless it was told lately. ARGV: key of the news, feed limit, type, time,
 * data as JSON. Answers 1 or 0: told or not.
 */
export const ANNOUNCE_ONCE = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${TOLD_FRAGMENT}
${TELL_NEWS_FRAGMENT}
local key, feedLimit, type, at, data = unpack(ARGV)
if not tellOnce(key, at) then return 0 end
tellNews(feedLimit, type, at, data)
return 1
`);
