import type { Actor, InstanceRecord } from '@app/instance-store';
import { MINUTE_MS, timestampFromMs } from '@app/platform';
import { anInstance } from '@app/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateOf, startupOf } from './startup-time.js';

const START = Date.UTC(2026, 0, 1, 12);
const at = (minutes: number) => timestampFromMs(START + minutes * MINUTE_MS);
const LONGEST = 20 * MINUTE_MS;

const attempts = (creates: number, commands: number): InstanceRecord['attempts'] => ({
  creates,
  commands,
  lastCommandAt: null,
  faults: 0,
  openCreate: null,
});

/** Created at noon, ready four minutes later. */
const created = anInstance({
  status: 'ready',
  desired: { state: 'running', at: at(0), by: 'user:ci' },
  timestamps: { created: at(0), started: at(1), ready: at(4) },
  attempts: attempts(1, 0),
  spec: { productId: '4090.hk', image: 'vllm:1' },
});

describe('startupOf', () => {
  it('is the time from the request until ready, of a create and of a start', () => {
    const startup = { key: `${created.id}@${at(0)}`, productId: '4090.hk', image: 'vllm:1', seconds: 240 };
    expect(startupOf(created, LONGEST, false)).toEqual({ ...startup, atMs: START + 4 * MINUTE_MS });
    const started = { ...created, attempts: attempts(0, 1), timestamps: { ...created.timestamps, created: at(-900) } };
    expect(startupOf(started, LONGEST, true)).toMatchObject(startup);
    // As a restart would leave it.
    expect(startupOf(started, LONGEST, false)).toBeNull();
  });

  const by = (actor: Actor): Partial<InstanceRecord> => ({ desired: { state: 'running', at: at(0), by: actor } });
  it.each<[string, Partial<InstanceRecord>]>([
    ['is not ready', { status: 'health_checking' }],
    ['is to be stopped', { desired: { state: 'stopped', at: at(0), by: 'user:ci' } }],
    ['was started at the console', by('console')],
    ['was found by the sync', by('sync')],
    ['was restarted after its create', { attempts: attempts(1, 1) }],
    ['was restarted after its start, or started twice', { attempts: attempts(0, 2) }],
    ['was created on the second attempt', { attempts: attempts(2, 0) }],
    ['was running when somebody adopted it', { attempts: attempts(0, 0) }],
    ['was migrated since', { timestamps: { ...created.timestamps, migrated: at(2) } }],
    ['has no time at which it was ready', { timestamps: { created: at(0) } }],
    ['was ready before it was asked for, by another clock', { timestamps: { created: at(0), ready: at(-0.1) } }],
    ['was ready again after longer than a start may take', { timestamps: { created: at(0), ready: at(20.1) } }],
  ])('says nothing of one that %s', (_what, change) => {
    for (const wasStarted of [true, false]) {
      expect(startupOf({ ...created, ...change }, LONGEST, wasStarted)).toBeNull();
    }
  });
});

describe('estimateOf', () => {
  it('is nothing for nothing', () => {
    expect(estimateOf([])).toBeNull();
  });

  it.each([
    [[240], 240, 240],
    [[300, 100], 100, 300],
    [[300, 100, 200], 200, 300],
    [Array.from({ length: 20 }, (_, n) => 20 - n), 10, 19],
    [Array.from({ length: 50 }, (_, n) => n + 1), 25, 48],
  ])('of %j is a median of %i s and a 95th percentile of %i s', (seconds, medianSeconds, p95Seconds) => {
    expect(estimateOf(seconds)).toEqual({ medianSeconds, p95Seconds, basedOn: seconds.length });
  });

  it('names times that were measured, and enough of them were no longer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3_600), { minLength: 1, maxLength: 100 }), (seconds) => {
        const estimate = estimateOf(seconds);
        expect(seconds).toContain(estimate?.medianSeconds);
        expect(seconds).toContain(estimate?.p95Seconds);
        const within = (limit = 0) => seconds.filter((time) => time <= limit).length / seconds.length;
        expect(within(estimate?.medianSeconds)).toBeGreaterThanOrEqual(0.5);
        expect(within(estimate?.p95Seconds)).toBeGreaterThanOrEqual(0.95);
      }),
    );
  });
});
