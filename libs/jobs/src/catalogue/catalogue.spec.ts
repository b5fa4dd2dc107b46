import { describe, expect, it } from 'vitest';
import { JOB_DECLARATIONS, QUEUE_SETTINGS } from './catalogue.js';
import { QUEUE_NAMES } from './job.js';

describe('JOB_DECLARATIONS', () => {
  const names = JOB_DECLARATIONS.map((job) => job.name);

  it('has no name twice', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it('has a job for every queue', () => {
    expect(new Set(JOB_DECLARATIONS.map((job) => job.queue))).toEqual(new Set(QUEUE_NAMES));
  });

  // BullMQ joins its Redis keys by colons and refuses them in names.
  it.each([...names, ...QUEUE_NAMES])('%s has no colon', (name) => {
    expect(name).toMatch(/^[^:]+$/);
  });

  it.each(JOB_DECLARATIONS)('$name has limits that make sense', (job) => {
    expect(job.attempts).toBeGreaterThanOrEqual(1);
    expect(job.timeoutMs).toBeGreaterThan(0);
    expect(job.backoff.firstDelayMs).toBeGreaterThan(0);
    expect(job.backoff.maxDelayMs).toBeGreaterThanOrEqual(job.backoff.firstDelayMs);
  });
});

describe('QUEUE_SETTINGS', () => {
  it.each(QUEUE_NAMES)('%s finds the jobs of a dead worker within 15 s, and renews locks in time', (name) => {
    const { lockDurationMs, stalledIntervalMs, maxStalledCount } = QUEUE_SETTINGS[name];
    expect(lockDurationMs + stalledIntervalMs).toBeLessThanOrEqual(15_000);
    expect(lockDurationMs).toBeGreaterThanOrEqual(5_000);
    expect(maxStalledCount).toBeGreaterThanOrEqual(1);
  });
});
