import { MetricsRegistry } from '@app/platform';
import {
  IoRedisConnections,
  MemoryQuarantine,
  QuarantineReporter,
  QuarantineUnavailableError,
  quarantineId,
  RedisQuarantine,
} from '@app/redis';
import { FakeClock, startRedis } from '@app/testing';
import { Logger } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { describeQuarantine } from './quarantine.conformance.js';

describeQuarantine('MemoryQuarantine', () =>
  Promise.resolve({ make: () => new MemoryQuarantine(), end: () => Promise.resolve() }),
);

describeQuarantine('RedisQuarantine', async () => {
  const redis = await startRedis();
  const connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
  let fleets = 0;
  return {
    make: () => new RedisQuarantine(connections, `fleet${++fleets}`),
    end: async () => {
      await connections.close();
      await redis.stop();
    },
  };
});

it('a damaged entry of the quarantine itself hides no other, and is made anew', async () => {
  const redis = await startRedis();
  const connections = new IoRedisConnections({ url: redis.url, processName: 'test' });
  const quarantine = new RedisQuarantine(connections, 'fleet');
  const reporter = new QuarantineReporter(quarantine, new FakeClock(), new MetricsRegistry());
  for (const key of ['a', 'b']) reporter.report({ kind: 'record', key, reason: 'not JSON' });
  await reporter.flush();
  await connections.commands.hset('{fleet}:quarantine', quarantineId('record', 'a'), '{"kind":');
  expect((await quarantine.list(null, 10)).entries.map(({ key }) => key)).toEqual(['b']);
  expect((await quarantine.counts()).record).toBe(1);
  reporter.report({ kind: 'record', key: 'a', reason: 'not JSON' });
  await reporter.flush();
  expect((await quarantine.list(null, 10)).entries).toHaveLength(2);
  await connections.close();
  await redis.stop();
});

it('sightings wait while the quarantine cannot be reached, and one thing is counted once', async () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const metrics = new MetricsRegistry();
  const quarantine = new MemoryQuarantine();
  const reporter = new QuarantineReporter(quarantine, new FakeClock(), metrics);
  const note = vi.spyOn(quarantine, 'note').mockRejectedValueOnce(new QuarantineUnavailableError('away'));
  const sighting = { kind: 'record', key: 'a', reason: 'not JSON' } as const;
  reporter.report(sighting);
  await reporter.flush();
  reporter.report(sighting);
  await reporter.flush();
  expect(note).toHaveBeenCalledTimes(2);
  expect(await quarantine.get(quarantineId('record', 'a'))).toMatchObject({ timesSeen: 2 });
  reporter.report(sighting);
  await reporter.onApplicationShutdown();
  const shown = await metrics.getSingleMetricAsString('novita_fleet_quarantined_total');
  expect(shown).toContain('{kind="record"} 1');
  expect(shown).toContain('{kind="journal-line"} 0');
});
