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
  for (const where of ['a', 'b']) reporter.report({ kind: 'record', where, reason: 'not JSON', text: '{' });
  await reporter.flush();
  await connections.commands.hset('{fleet}:quarantine', quarantineId('record', 'a'), '{"kind":');
  expect((await quarantine.list({ cursor: null, limit: 10 })).entries.map(({ where }) => where)).toEqual(['b']);
  expect(await quarantine.get(quarantineId('record', 'a'))).toBeNull();
  reporter.report({ kind: 'record', where: 'a', reason: 'not JSON', text: '{' });
  await reporter.flush();
  expect((await quarantine.list({ cursor: null, limit: 10 })).entries).toHaveLength(2);
  await connections.close();
  await redis.stop();
});

it('sightings wait while the quarantine cannot be reached, and one thing is counted once', async () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const metrics = new MetricsRegistry();
  const quarantine = new MemoryQuarantine();
  const reporter = new QuarantineReporter(quarantine, new FakeClock(), metrics);
  const note = vi.spyOn(quarantine, 'note').mockRejectedValueOnce(new QuarantineUnavailableError('away'));
  const sighting = { kind: 'record', where: 'a', reason: 'not JSON', text: '{"password":"hunter2","id":"x' } as const;
  reporter.report(sighting);
  await reporter.flush();
  reporter.report(sighting);
  await reporter.flush();
  expect(note).toHaveBeenCalledTimes(2);
  expect(await quarantine.get(quarantineId('record', 'a'))).toMatchObject({
    count: 2,
    text: '{"password":"***","id":"***"',
  });
  reporter.report(sighting);
  await reporter.onApplicationShutdown();
  const shown = await metrics.getSingleMetricAsString('novita_quarantined_total');
  expect(shown).toContain('{kind="record"} 1');
  expect(shown).toContain('{kind="journal-line"} 0');
});

it('a line of a journal is noted although a page of records of a later release was met just before, also while it waits', async () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const quarantine = new MemoryQuarantine();
  const reporter = new QuarantineReporter(quarantine, new FakeClock(), new MetricsRegistry());
  vi.spyOn(quarantine, 'note').mockRejectedValueOnce(new QuarantineUnavailableError('away'));
  const page = (kind: 'record' | 'record-newer'): void => {
    for (let i = 0; i < 300; i++)
      reporter.report({ kind, where: `${i}`, reason: 'a later release wrote it', text: '{}' });
  };
  page('record-newer');
  const flushed = reporter.flush();
  page('record');
  reporter.report({ kind: 'journal-line', where: 'one', reason: 'it was cut off', text: '{' });
  await flushed;
  reporter.report({ kind: 'journal-line', where: 'two', reason: 'it was cut off', text: '{' });
  await reporter.onApplicationShutdown();
  expect(await quarantine.counts()).toMatchObject({ 'record-newer': 100, record: 50, 'journal-line': 2 });
});
