import { timestampFromMs } from '@app/platform';
import { type LockHolder } from '@app/redis';
import { describe, expect, it } from 'vitest';
import { whenBusy } from './when-busy.js';

const TTL_MS = 30_000;
const MINE = '01J00000000000000000000001';
const holder = (remainingMs: number, purpose = '01J00000000000000000000002'): LockHolder => ({
  owner: 'worker',
  purpose,
  fence: 1,
  since: timestampFromMs(0),
  remainingMs,
});

describe('a run that finds the lock taken', () => {
  it.each([
    ['manual', 29_000, { kind: 'refuse' }],
    ['manual', 1_000, { kind: 'refuse' }],
    ['schedule', 29_000, { kind: 'leave' }],
    ['retry', 20_000, { kind: 'leave' }],
    // No holder that lives lets its lock come so near to its end.
    ['schedule', 14_000, { kind: 'run-again', inMs: 14_250 }],
    ['retry', 0, { kind: 'run-again', inMs: 250 }],
    ['startup', 29_000, { kind: 'run-again', inMs: 29_250 }],
  ] as const)('by %s with %d ms left', (trigger, remainingMs, expected) => {
    expect(whenBusy({ runId: MINE, trigger }, holder(remainingMs), TTL_MS)).toEqual(expected);
  });

  it.each([MINE, `${MINE} dry-run`])('comes again when a dead worker holds it for the same run (%s)', (purpose) => {
    for (const trigger of ['manual', 'schedule', 'retry', 'startup'] as const) {
      const then = whenBusy({ runId: MINE, trigger }, holder(19_000, purpose), TTL_MS);
      expect(then).toEqual({ kind: 'run-again', inMs: 19_250 });
    }
  });
});
