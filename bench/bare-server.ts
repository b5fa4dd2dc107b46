import Fastify from 'fastify';
import { Redis } from 'ioredis';

/**
 * The limit that the API is measured against: Fastify and ioredis with nothing in between. It answers, from Redis, the
 * very bytes that the API answers (stored beforehand by the benchmark), with no parsing, no keys and no headers of its own.
 *
 * Arguments: port, Redis port.
 */
const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis({ port: redisPort ?? 6379, host: '127.0.0.1' });
const app = Fastify();

redis.defineCommand('bareTouch', {
  numberOfKeys: 1,
  lua: `
    local last = redis.call('HGET', KEYS[1], 'lastUsed')
    if not last or last < ARGV[1] then redis.call('HSET', KEYS[1], 'lastUsed', ARGV[1]) end
    return ARGV[1]`,
});

interface WithTouch {
  bareTouch(key: string, at: string): Promise<string>;
}

app.get<{ Params: { id: string } }>('/instances/:id', async (request, reply) => {
  const body = await redis.get(`bare:${request.params.id}`);
  return reply.type('application/json; charset=utf-8').send(body);
});

app.get<{ Querystring: { offset?: string; sort?: string } }>('/instances', async (request, reply) => {
  const { offset: from = '0', sort = '-createdAt' } = request.query;
  const offset = Number(from);
  const ids = await redis.zrevrange(`bare-index:${sort}`, offset, offset + 49);
  const bodies = await redis.mget(ids);
  return reply.type('application/json; charset=utf-8').send(`{"instances":[${bodies.join(',')}]}`);
});

app.put<{ Params: { id: string } }>('/instances/:id/last-used', async (request, reply) => {
  const at = new Date().toISOString();
  await (redis as unknown as WithTouch).bareTouch(`bare-touch:${request.params.id}`, at);
  return reply
    .type('application/json; charset=utf-8')
    .send(`{"instanceId":"${request.params.id}","lastUsedAt":"${at}","message":"Last used time updated"}`);
});

await app.listen({ port: port ?? 0, host: '127.0.0.1' });
process.stdout.write('listening\n');
process.once('SIGTERM', () => {
  void app.close().then(() => {
    redis.disconnect();
  });
});
