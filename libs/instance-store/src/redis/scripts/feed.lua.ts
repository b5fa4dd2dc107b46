import { STREAM_WHOLE_FRAGMENT } from '@app/redis';
import { RedisScript } from '../redis-script.js';
import { KEYS_FRAGMENT } from './fragments.lua.js';

/**
 * For scripts of any feature that tell news of the fleet together with what they are about, after `base` is defined as the
 * hash tag that all keys share: one entry of the change feed. `limit` is `CHANGE_FEED_LIMIT`; `data` is JSON.
 */
export const TELL_NEWS_FRAGMENT = String.raw`
local function tellNews(limit, type, at, data)
  redis.call('XADD', base .. ':changes', 'MAXLEN', '~', limit, '*', 'type', type, 'at', at, 'data', data)
end
`;

/**
 * ARGV: id of an entry or `0-0`, how many to answer, feed limit.
 * Answers nothing when entries after that one may be gone, else one value: those that there are.
 */
export const READ_FEED = new RedisScript(String.raw`
${KEYS_FRAGMENT}
${STREAM_WHOLE_FRAGMENT}
local feed = base .. ':changes'
if not isWholeAfter(feed, ARGV[1], ARGV[3]) then return {} end
return {redis.call('XRANGE', feed, '(' .. ARGV[1], '+', 'COUNT', ARGV[2])}
`);

/** Answers the id of the latest entry, or `0-0`. */
export const LATEST_CHANGE_ID = new RedisScript(String.raw`
${KEYS_FRAGMENT}
local last = redis.call('XREVRANGE', base .. ':changes', '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
`);
