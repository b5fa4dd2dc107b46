import { RedisScript } from '../redis-script.js';
import { STREAM_WHOLE_FRAGMENT } from './stream-whole.lua.js';

/*
 * KEYS[1] of each script is the hash tag of the fleet, ARGV[1] the rest of the stream's key.
 */

/** ARGV: stream, position, its cap. Answers 1 when every entry after that position is still there, else 0. */
export const IS_WHOLE_AFTER = new RedisScript(`
${STREAM_WHOLE_FRAGMENT}
return isWholeAfter(KEYS[1] .. ARGV[1], ARGV[2], ARGV[3]) and 1 or 0
`);

/** ARGV: stream. Answers the id of its latest entry, or `0-0`. */
export const LATEST_ENTRY_ID = new RedisScript(`
local last = redis.call('XREVRANGE', KEYS[1] .. ARGV[1], '+', '-', 'COUNT', 1)[1]
return last and last[1] or '0-0'
`);
