import {
  type CallOptions,
  type MetricsRange,
  type NovitaInstanceId,
  type NovitaInstanceMetrics,
  NovitaNetworkError,
  NovitaNotFoundError,
} from '@app/novita-client';
import { HOUR_MS, MINUTE_MS, timestampFromMs } from '@app/platform';
import { FakeClock, partialNovita } from '@app/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { NoSharedReadings } from './shared-readings.js';
import { UtilisationReader } from './utilisation-reader.js';

const ID = '5f2c8d1e9a7b4c30' as NovitaInstanceId;
const OTHER = '5f2c8d1e9a7b4c31' as NovitaInstanceId;
const NOW = Date.UTC(2026, 0, 1, 12);
const NEVER = new AbortController().signal;
const at = (minutes: number) => timestampFromMs(NOW + minutes * MINUTE_MS);

const figures = (percent: number): NovitaInstanceMetrics => ({
  cpuUtilization: [],
  memoryUtilization: [],
  diskUtilization: [],
  gpuUtilization: [{ at: at(0), value: percent }],
  gpuMemoryUtilization: [],
});

describe('UtilisationReader', () => {
  let clock: FakeClock;
  let asked: { id: NovitaInstanceId; range: MetricsRange | undefined; options: CallOptions | undefined }[];
  let answer: () => Promise<NovitaInstanceMetrics>;
  let reader: UtilisationReader;

  beforeEach(() => {
    clock = new FakeClock(NOW);
    asked = [];
    answer = () => Promise.resolve(figures(asked.length));
    const metrics = (id: NovitaInstanceId, range?: MetricsRange, options?: CallOptions) => {
      asked.push({ id, range, options });
      return answer();
    };
    reader = new UtilisationReader(partialNovita({ instances: { metrics } }), new NoSharedReadings(), clock);
  });

  const lastMinutes = (
    minutes: number,
    more: { maxAgeMs?: number; mostPoints?: number; signal?: AbortSignal } = {},
  ) => {
    const to = clock.now();
    const range = { from: timestampFromMs(to - minutes * MINUTE_MS), to: timestampFromMs(to) };
    return reader.read(ID, range, { signal: NEVER, priority: 'interactive', ...more });
  };

  it('asks once a minute for one instance and length of time, however many readers there are', async () => {
    const first = await lastMinutes(60);
    clock.advance(59_000);
    for (let n = 0; n < 100; n++) expect(await lastMinutes(60)).toBe(first);
    expect(asked).toHaveLength(1);
    clock.advance(1_000);
    expect((await lastMinutes(60)).readAt).toBe(at(1));
    expect(asked).toHaveLength(2);
  });

  it('has those who ask at once share one call', async () => {
    const open = Promise.withResolvers<NovitaInstanceMetrics>();
    answer = () => open.promise;
    const reads = [lastMinutes(60), lastMinutes(60), lastMinutes(60, { maxAgeMs: 0 })];
    open.resolve(figures(1));
    const [first, ...others] = await Promise.all(reads);
    for (const other of others) expect(other).toBe(first);
    expect(asked).toHaveLength(1);
  });

  it('lets a reader that gives up leave, and the others have their answer', async () => {
    const open = Promise.withResolvers<NovitaInstanceMetrics>();
    answer = () => open.promise;
    const end = new AbortController();
    const impatient = lastMinutes(60, { signal: end.signal });
    const patient = lastMinutes(60);
    end.abort(new Error('it took too long'));
    await expect(impatient).rejects.toThrow('it took too long');
    expect(asked[0]?.options?.signal?.aborted).toBe(false);
    open.resolve(figures(7));
    expect((await patient).metrics).toEqual(figures(7));
  });

  it('asks anew for one who needs the latest, and keeps that answer for the others', async () => {
    await lastMinutes(20);
    clock.advance(1_000);
    const latest = await lastMinutes(20, { maxAgeMs: 0 });
    expect(latest.readAt).toBe(timestampFromMs(NOW + 1_000));
    expect(await lastMinutes(20)).toBe(latest);
    expect(asked).toHaveLength(2);
  });

  it.each([
    [
      'another instance',
      () => reader.read(OTHER, { from: at(-60), to: at(0) }, { signal: NEVER, priority: 'background' }),
    ],
    ['another length of time', () => lastMinutes(61)],
    [
      'a time of the past',
      () => reader.read(ID, { from: at(-90), to: at(-30) }, { signal: NEVER, priority: 'background' }),
    ],
    ['a finer answer', () => lastMinutes(60 * 24, { mostPoints: 300 })],
  ])('asks apart for %s', async (_what, read) => {
    await lastMinutes(60);
    await lastMinutes(60 * 24);
    await read();
    expect(asked).toHaveLength(3);
  });

  it.each([
    [30, 60],
    [4 * 60, 60],
    [12 * 60, 180],
    [24 * 60, 360],
  ])('takes %i minutes in an interval that gives 240 points at most', async (minutes, intervalSeconds) => {
    const { from, to, ...read } = await lastMinutes(minutes);
    expect(asked[0]?.range).toEqual({ from: at(-minutes), to: at(0), intervalSeconds });
    expect({ from, to, ...read }).toMatchObject({ from: at(-minutes), to: at(0), intervalSeconds });
    expect((minutes * 60) / intervalSeconds).toBeLessThanOrEqual(240);
  });

  it('widens a range to whole minutes, so that readers seconds apart share it', async () => {
    const options = { signal: NEVER, priority: 'background' } as const;
    await reader.read(ID, { from: at(-90.5), to: at(-30.5) }, options);
    await reader.read(ID, { from: at(-90.9), to: at(-30.1) }, options);
    expect(asked.map(({ range }) => range)).toEqual([{ from: at(-91), to: at(-30), intervalSeconds: 60 }]);
    await reader.read(ID, { from: at(-59.2), to: at(-0.1) }, options);
    await lastMinutes(60);
    expect(asked.slice(1).map(({ range }) => range)).toEqual([{ from: at(-60), to: at(0), intervalSeconds: 60 }]);
  });

  it('does not reach before 1970', async () => {
    clock = new FakeClock(HOUR_MS);
    const novita = partialNovita({ instances: { metrics: async () => figures(1) } });
    const early = new UtilisationReader(novita, new NoSharedReadings(), clock);
    const range = { from: timestampFromMs(0), to: timestampFromMs(HOUR_MS) };
    expect((await early.read(ID, range, { signal: NEVER, priority: 'background' })).from).toBe(timestampFromMs(0));
  });

  describe('when Novita fails', () => {
    it('says so, and does not ask again for ten seconds', async () => {
      answer = () => Promise.reject(new NovitaNetworkError('refused', { call: 'GET /metrics' }));
      await expect(lastMinutes(60)).rejects.toThrow('refused');
      clock.advance(9_000);
      await expect(lastMinutes(60)).rejects.toThrow('refused');
      expect(asked).toHaveLength(1);
      answer = () => Promise.resolve(figures(3));
      clock.advance(1_000);
      expect((await lastMinutes(60)).metrics).toEqual(figures(3));
    });

    it('keeps for a minute that there is no such instance', async () => {
      answer = () => Promise.reject(new NovitaNotFoundError('no such instance', { call: 'GET /metrics' }));
      await expect(lastMinutes(60)).rejects.toThrow(NovitaNotFoundError);
      clock.advance(59_000);
      await expect(lastMinutes(60)).rejects.toThrow(NovitaNotFoundError);
      expect(asked).toHaveLength(1);
    });
  });

  it('forgets the oldest readings when there are many', async () => {
    const points = Array.from({ length: 40_000 }, (_, n) => ({ at: at(n), value: 1 }));
    answer = () => Promise.resolve({ ...figures(1), gpuUtilization: points });
    for (const minutes of [10, 20, 30, 40]) await lastMinutes(minutes);
    await lastMinutes(40);
    expect(asked).toHaveLength(4);
    await lastMinutes(10);
    expect(asked).toHaveLength(5);
  });
});
