import { type NovitaInstanceId, type NovitaInstanceMetrics, NovitaNetworkError } from '@app/novita-client';
import { MINUTE_MS, timestampFromMs } from '@app/platform';
import { IoRedisConnections } from '@app/redis';
import { FakeClock, partialNovita, type RedisFixture, startRedis } from '@app/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisSharedReadings } from '../src/shared-readings.js';
import { UtilisationReader } from '../src/utilisation-reader.js';

const ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const NOW = Date.UTC(2026, 0, 1, 12);
const at = (minutes: number) => timestampFromMs(NOW + minutes * MINUTE_MS);
const figures = (percent: number): NovitaInstanceMetrics => ({
  cpuUtilization: [],
  memoryUtilization: [{ at: at(-1), value: 12.5 }],
  diskUtilization: [],
  gpuUtilization: [
    { at: at(-1), value: 0 },
    { at: at(0), value: percent },
  ],
  gpuMemoryUtilization: [],
});

describe('the utilisation that processes share through Redis', () => {
  let server: RedisFixture;
  let connections: IoRedisConnections;
  let clock: FakeClock;
  let calls: number;
  let failing: boolean;
  let prefixes = 0;
  let prefix: string;

  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(() => {
    connections = new IoRedisConnections({ url: server.url, processName: 'test' });
    clock = new FakeClock(NOW);
    calls = 0;
    failing = false;
    prefix = `utilisation-${(prefixes += 1)}`;
  });
  afterEach(async () => {
    await connections.close();
  });

  /** Each stands for a process. */
  function aReader(): UtilisationReader {
    const metrics = (): Promise<NovitaInstanceMetrics> => {
      calls += 1;
      return failing
        ? Promise.reject(new NovitaNetworkError('refused', { call: 'GET /metrics' }))
        : Promise.resolve(figures(calls));
    };
    return new UtilisationReader(
      partialNovita({ instances: { metrics } }),
      new RedisSharedReadings(connections, prefix),
      clock,
    );
  }
  const lastHour = (reader: UtilisationReader, maxAgeMs?: number) => {
    const range = { from: timestampFromMs(clock.now() - 60 * MINUTE_MS), to: timestampFromMs(clock.now()) };
    const signal = new AbortController().signal;
    return reader.read(ID, range, { signal, priority: 'interactive', ...(maxAgeMs !== undefined && { maxAgeMs }) });
  };
  const keys = () => connections.commands.keys(`{${prefix}}:utilisation:*`);

  /** The reading of the first process, once the others can find it. */
  async function firstReading() {
    const reading = await lastHour(aReader());
    await expect.poll(keys).toHaveLength(1);
    return reading;
  }

  it('is asked for once a minute, and shows its age', async () => {
    const reading = await firstReading();
    clock.advance(59_000);
    const others = await Promise.all([aReader(), aReader(), aReader()].map((reader) => lastHour(reader)));
    for (const other of others) expect(other).toEqual(reading);
    expect([calls, reading.readAt]).toEqual([1, at(0)]);
    clock.advance(1_000);
    expect((await lastHour(aReader())).readAt).toBe(at(1));
    expect(calls).toBe(2);
  });

  it('leaves Redis by itself', async () => {
    await firstReading();
    const [key = ''] = await keys();
    const life = await connections.commands.pttl(key);
    expect(life).toBeGreaterThan(0);
    expect(life).toBeLessThanOrEqual(MINUTE_MS);
  });

  it('is not shared with who needs the latest, whose answer then serves the others', async () => {
    await firstReading();
    clock.advance(1_000);
    const latest = await lastHour(aReader(), 0);
    expect([calls, latest.readAt]).toEqual([2, timestampFromMs(NOW + 1_000)]);
    await expect.poll(async () => (await lastHour(aReader())).readAt).toBe(latest.readAt);
    expect(calls).toBe(2);
  });

  it('is asked for where what stands in Redis cannot be understood', async () => {
    await firstReading();
    const [key = ''] = await keys();
    for (const text of [
      '{',
      '[]',
      '{"pairs":[[],[],[],[["x",1]],[]]}',
      '{"pairs":[[],[],[],[],[]],"readAt":"never"}',
    ]) {
      await connections.commands.set(key, text);
      clock.advance(1);
      expect((await lastHour(aReader())).readAt).toBe(clock.timestamp());
    }
  });

  it('is no failure of another process', async () => {
    failing = true;
    await expect(lastHour(aReader())).rejects.toThrow('refused');
    failing = false;
    expect((await lastHour(aReader())).metrics).toEqual(figures(2));
  });

  it('is read from Novita while Redis is away', async () => {
    const reader = aReader();
    await connections.close();
    expect((await lastHour(reader)).metrics).toEqual(figures(1));
  });
});
