import { Redis } from 'ioredis';
import { until } from './until.js';

/** How many entries were on the lists. */
export interface LostJobs {
  readonly delayed: number;
  readonly schedules: number;
}

const PREFIX = '{novita-fleet}:jobs:';

/** In one script, so that no job is taken or put back meanwhile. */
const LOSE = `
local function count(command, ending)
  local sum = 0
  for _, key in ipairs(KEYS) do
    if key:sub(-#ending) == ending then sum = sum + redis.call(command, key) end
  end
  return sum
end
local lost = { count('ZCARD', ':delayed'), count('ZCARD', ':repeat') }
if count('LLEN', ':active') > 0 or lost[1] < tonumber(ARGV[1]) then return false end
for _, key in ipairs(KEYS) do
  if key:sub(-7) ~= ':active' then redis.call('DEL', key) end
end
return lost
`;

/**
 * Deletes the lists of delayed jobs and of schedules of every queue, as somebody might who tidies up by hand. What the
 * jobs hold stays behind, which looks more alive than it is.
 *
 * @param leastDelayed waits until so many are delayed and none runs: a run asks for its next one itself
 */
export async function loseJobs(redisUrl: string, leastDelayed: number): Promise<LostJobs> {
  const redis = new Redis(redisUrl);
  try {
    return await until(
      `${leastDelayed} jobs are delayed, and none runs`,
      async () => {
        const keys = (await redis.keys(`${PREFIX}*`)).filter((key) => /:(delayed|repeat|active)$/.test(key));
        const lost = (await redis.eval(LOSE, keys.length, ...keys, leastDelayed)) as [number, number] | null;
        return lost !== null && { delayed: lost[0], schedules: lost[1] };
      },
      { everyMs: 10 },
    );
  } finally {
    redis.disconnect();
  }
}
