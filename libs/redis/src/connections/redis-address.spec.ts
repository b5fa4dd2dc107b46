import { describe, expect, it } from 'vitest';
import { parseRedisAddress } from './redis-address.js';

describe('parseRedisAddress', () => {
  it('leaves the address of one server to the client that reads it', () => {
    const url = 'rediss://user:pw@redis.example/2?family=6';
    expect(parseRedisAddress(url)).toEqual({ kind: 'single', url, hosts: [{ host: 'redis.example', port: 6379 }] });
  });

  it('reads Sentinels, with the ports that they have by default', () => {
    expect(parseRedisAddress('redis-sentinel://fleet:p%40%2F:x@h1:5000, h2 ,[fd00::1]/my-master.1/3')).toEqual({
      kind: 'sentinel',
      hosts: [
        { host: 'h1', port: 5000 },
        { host: 'h2', port: 26379 },
        { host: 'fd00::1', port: 26379 },
      ],
      tls: false,
      user: 'fleet',
      password: 'p@/:x',
      primaryName: 'my-master.1',
      database: 3,
    });
  });

  it('reads nodes of a cluster', () => {
    const hosts = [
      { host: '10.0.0.1', port: 6379 },
      { host: '10.0.0.2', port: 7001 },
    ];
    const none = { user: '', password: '' };
    const address = 'redis-cluster://10.0.0.1,10.0.0.2:7001/0';
    expect(parseRedisAddress(address)).toEqual({ kind: 'cluster', hosts, tls: false, ...none });
    expect(parseRedisAddress('rediss-cluster://:pw@h')).toMatchObject({ tls: true, user: '', password: 'pw' });
  });
});
