import { describe, expect, it } from 'vitest';
import { runsSummary, runWords, seriesSummary } from './chart-words.js';

const MINUTE = 60_000;
const words = (/** @type {number} */ value) => `${value} running`;

describe('seriesSummary', () => {
  it('tells span, latest, least, greatest and gaps', () => {
    const samples = [4, 9, 6].map((value, index) => ({ atMs: index * 30 * MINUTE, value }));
    expect(seriesSummary('Running instances', samples, words, 0)).toBe(
      'Running instances over 1 h: 6 running at the end, between 4 running and 9 running.',
    );
    expect(seriesSummary('Running instances', samples, words, 2)).toMatch(/ 2 gaps without samples\.$/);
    expect(seriesSummary('Running instances', samples, words, 1)).toMatch(/ One gap without samples\.$/);
  });

  it('of what never changed, and of nothing', () => {
    const samples = [5, 5].map((value, index) => ({ atMs: index * MINUTE, value }));
    expect(seriesSummary('Running', samples, words, 0)).toBe(
      'Running over 1 min: 5 running at the end, always 5 running.',
    );
    expect(seriesSummary('Running', [{ atMs: 0, value: 5 }], words, 0)).toBe('Running: 5 running, by one sample.');
    expect(seriesSummary('Running', [], words, 0)).toBe('Running: no samples yet.');
  });
});

describe('runs', () => {
  /** @type {import('../http/api-types.js').SyncRun} */
  const run = {
    runId: 'r',
    outcome: 'completed',
    startTime: '2026-03-01T10:00:00.000Z',
    endTime: '2026-03-01T10:00:05.000Z',
    duration: 5_000,
  };

  it('are summed up with how many failed', () => {
    const runs = [
      run,
      { ...run, duration: 9_000, outcome: /** @type {const} */ ('failed') },
      { ...run, duration: 300 },
    ];
    expect(runsSummary(runs)).toBe(
      'Duration of the last 3 syncs: 300 ms at the end, between 300 ms and 9.0 s; 1 failed.',
    );
    expect(runsSummary([run])).toMatch(/^Duration of the last sync: 5\.0 s at the end.*; none failed\.$/);
    expect(runsSummary([])).toMatch(/none has run yet/);
  });

  it('tell one by one how they ended', () => {
    const now = Date.parse(run.endTime);
    expect(runWords(run, now)).toMatch(/took 5\.0 s$/);
    expect(runWords({ ...run, outcome: 'failed', held: true }, now)).toMatch(/failed after 5\.0 s, held$/);
  });
});
