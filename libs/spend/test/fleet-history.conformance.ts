import { timestampFromMs } from '@app/platform';
import { describe, expect, it } from 'vitest';
import type { FleetHistory, FleetSample } from '../src/history/fleet-history.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 1, 10);

export const aSample = (minutes: number, running = 1, usdPerHour = 0.35): FleetSample => ({
  at: timestampFromMs(START + minutes * MINUTE),
  running,
  usdPerHour,
});

/** All that the port promises. Every adapter must pass it. */
export function fleetHistoryConformance(
  make: () => Promise<{ readonly history: FleetHistory; readonly other: FleetHistory }>,
): void {
  const since = (minutes: number) => timestampFromMs(START + minutes * MINUTE);

  describe('the history of the fleet', () => {
    it('is empty before the first sample', async () => {
      const { history } = await make();
      expect(await history.latest(since(-600))).toEqual([]);
    });

    it('gives every process what was recorded, oldest first, from a time on', async () => {
      const { history, other } = await make();
      const samples = [aSample(0, 3, 1.05), aSample(5, 0, 0), aSample(10.5, 1_000, 1234.567_891)];
      for (const sample of samples) await history.record(sample);
      expect(await other.latest(since(-1))).toEqual(samples);
      expect(await other.latest(since(5))).toEqual(samples.slice(1));
      expect(await other.latest(since(11))).toEqual([]);
    });

    it('keeps the latest of each minute, whoever takes it', async () => {
      const { history, other } = await make();
      await Promise.all([history.record(aSample(0.1, 1)), other.record(aSample(0.1, 1))]);
      await other.record(aSample(0.9, 2));
      await history.record(aSample(1, 2));
      expect(await history.latest(since(0))).toEqual([aSample(0.9, 2), aSample(1, 2)]);
    });

    it('takes samples that come late, in their place', async () => {
      const { history } = await make();
      for (const minutes of [2, 0, 1]) await history.record(aSample(minutes));
      expect((await history.latest(since(0))).map(({ at }) => at)).toEqual([0, 1, 2].map(since));
    });

    it('reaches back 24 hours', async () => {
      const { history } = await make();
      for (const minutes of [0, 1, 24 * 60]) await history.record(aSample(minutes));
      expect(await history.latest(since(-600))).toEqual([aSample(1), aSample(24 * 60)]);
    });

    it('answers at most 144 points, evenly thinned, the latest among them', async () => {
      const { history } = await make();
      for (let minutes = 0; minutes < 300; minutes++) await history.record(aSample(minutes, minutes));
      const points = await history.latest(since(0));
      expect(points).toHaveLength(144);
      expect([points[0], points.at(-1)]).toEqual([aSample(0, 0), aSample(299, 299)]);
      const gaps = points.slice(1).map(({ running }, i) => running - (points[i]?.running ?? 0));
      expect(new Set(gaps)).toEqual(new Set([2, 3]));
      expect(await history.latest(timestampFromMs(START + 4 * HOUR))).toHaveLength(60);
    });
  });
}
