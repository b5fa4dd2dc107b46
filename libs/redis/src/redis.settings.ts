import { matching, requiredInProduction, ruleBetween, Setting, type SettingRule, trueOrFalse } from '@app/platform';
import { redisAddress, redisUrlFromUpstash, upstashRestAddress } from './connections/redis-address.js';

/** Where Redis is, what of it is this fleet's, and what happens while it is away. */
export class RedisSettings {
  static readonly rules: readonly SettingRule[] = [
    requiredInProduction(
      [RedisSettings, 'FLEET_ID'],
      (id) => id === null,
      'four characters, each a small letter or a digit, that no other fleet on the Novita account has',
    ),
    ruleBetween(
      [RedisSettings, 'UPSTASH_REDIS_REST_URL'],
      [RedisSettings, 'UPSTASH_REDIS_REST_TOKEN'],
      (url, token) => {
        if ((url === null) === (token === null)) return null;
        const [missing, given] =
          url === null
            ? ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN']
            : ['UPSTASH_REDIS_REST_TOKEN', 'UPSTASH_REDIS_REST_URL'];
        return { variable: missing, problem: `unset although ${given} is set`, accepted: 'both or neither' };
      },
    ),
  ];

  @Setting({
    kind: redisAddress,
    group: 'Redis',
    description:
      'Where records and queues are kept. Without it everything is in memory and lost when the process ends.',
    default: null,
    example: 'redis://127.0.0.1:6379',
    sensitive: true,
  })
  readonly REDIS_URL!: string | null;

  @Setting({
    kind: upstashRestAddress,
    group: 'Redis',
    description:
      'REST address of an Upstash database, used when REDIS_URL is unset: the TLS address of the same database is made from it. Goes together with UPSTASH_REDIS_REST_TOKEN.',
    default: null,
    example: 'https://example-12345.upstash.io',
  })
  readonly UPSTASH_REDIS_REST_URL!: string | null;

  @Setting({
    kind: matching(/^[\x21-\x7e]{1,500}$/, 'printable characters without spaces'),
    group: 'Redis',
    description: 'Token of that Upstash database.',
    default: null,
    example: 'your_upstash_token',
    sensitive: true,
  })
  readonly UPSTASH_REDIS_REST_TOKEN!: string | null;

  @Setting({
    kind: trueOrFalse,
    group: 'Redis',
    description:
      'While Redis does not answer, reads go on from the memory of each API process and say so (X-Data-Source: memory); stops, deletes, reports of use and leases are kept in DATA_DIR and carried out straight at Novita; and a process that is started before Redis waits for it: the API shows what Novita lists meanwhile. When false, all of them are rejected with 503, and a process does not start without Redis.',
    default: 'true',
    example: 'false',
  })
  readonly REDIS_ENABLE_FALLBACK!: boolean;

  @Setting({
    kind: matching(/^[A-Za-z0-9._-]{1,64}$/, '1 to 64 letters, digits, dots, - and _'),
    group: 'Redis',
    description: 'First part of every Redis key, so that several fleets can share a database.',
    default: 'novita-fleet',
    example: 'fleet-staging',
  })
  readonly REDIS_KEY_PREFIX!: string;

  @Setting({
    kind: matching(/^[a-z0-9]{4}$/, 'four characters, each a small letter or a digit'),
    group: 'Instances',
    description:
      'Marks the instances of this fleet in their names at Novita. Choose it once, the same for all processes of a fleet, and another for each fleet on the account: fleets with one id adopt and stop the instances of each other. Required in production; elsewhere a random one is made and kept in Redis and in DATA_DIR. Redis that holds records of another fleet is refused. Two characters, as older versions took them, are refused: choose four; instances whose names carry the older marker are known by their records.',
    default: null,
    example: 'k3v9',
  })
  readonly FLEET_ID!: string | null;

  /** The one Redis to use, or null for memory mode. Holds the password. */
  get redisUrl(): string | null {
    if (this.REDIS_URL !== null) return this.REDIS_URL;
    if (this.UPSTASH_REDIS_REST_URL === null || this.UPSTASH_REDIS_REST_TOKEN === null) return null;
    return redisUrlFromUpstash(this.UPSTASH_REDIS_REST_URL, this.UPSTASH_REDIS_REST_TOKEN);
  }
}
