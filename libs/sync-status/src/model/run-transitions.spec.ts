import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aRun, at, KINDS, NOT_STARTED } from '../../test/fakes/a-run.js';
import { type KindReport, settledCount, withProgress } from './kind-progress.js';
import { atStep, beginRun, endRun, renewed } from './run-transitions.js';
import { type NamespaceProgress, NO_CHANGES, type RunStatus, type SyncStep } from './sync-status.js';

const ORDER = { runId: '01KDVD00000000000000000002', trigger: 'schedule', resources: KINDS, retry: 0 } as const;
const HELD = { since: at(-60), reason: 'too many are missing', wouldRemove: 7 };

const resource = (run: RunStatus, kind: string) => run.resources.find(({ name }) => name === kind);
const completed = (at_ = at(5)) => ({ outcome: 'completed', error: null, changes: NO_CHANGES, at: at_ }) as const;
const failed = (error: string | null = 'it broke') =>
  ({ outcome: 'failed', error, changes: NO_CHANGES, at: at(5) }) as const;

describe('a run that begins', () => {
  it('has the kinds of its order before it', () => {
    const order = { ...ORDER, resources: ['instances', 'clusters'] } as const;
    const run = beginRun(NOT_STARTED, order, at(0), at(30), 4_000);
    expect(run).toMatchObject({
      runId: ORDER.runId,
      trigger: 'schedule',
      state: 'in_progress',
      step: 'cleanup',
      startedAt: at(0),
      leaseUntil: at(30),
      expectedDurationMs: 4_000,
      retry: { count: 0, nextAt: null },
    });
    expect(run.resources.map(({ name, status }) => [name, status])).toEqual([
      ['instances', 'pending'],
      ['clusters', 'pending'],
    ]);
  });

  it('keeps what is held, the last success and the age of the instances, and nothing that the run before did', () => {
    const lastSuccess = { runId: 'before', startedAt: at(-100), endedAt: at(-90) };
    const before = endRun(aRun({ held: HELD, lastSuccess, instancesAsOf: at(-99), expectedDurationMs: 9 }), failed());
    expect(beginRun(before, ORDER, at(20), at(50))).toMatchObject({
      held: HELD,
      lastSuccess,
      instancesAsOf: at(-99),
      expectedDurationMs: 9,
      error: null,
      changes: null,
      endedAt: null,
    });
  });

  it.each([
    ['the first ever', NOT_STARTED, 0],
    ['one after a success', endRun(aRun({ retry: { count: 3, nextAt: null } }), completed()), 0],
    ['one after two failures', endRun(aRun({ retry: { count: 1, nextAt: null } }), failed()), 2],
    ['one whose predecessor died', aRun({ retry: { count: 1, nextAt: null } }), 2],
  ])('counts failures in a row: %s', (_, previous, count) => {
    expect(beginRun(previous, ORDER, at(60), at(90)).retry).toEqual({ count, nextAt: null });
  });

  it('believes its order when that knows of more failures', () => {
    expect(beginRun(NOT_STARTED, { ...ORDER, retry: 4 }, at(0), at(30)).retry.count).toBe(4);
  });

  it('keeps the next run only when that is still to come', () => {
    expect(beginRun(aRun({ nextRunAt: at(10) }), ORDER, at(10), at(40)).nextRunAt).toBeNull();
    expect(beginRun(aRun({ nextRunAt: at(11) }), ORDER, at(10), at(40)).nextRunAt).toBe(at(11));
  });
});

describe('a run on its way', () => {
  it('takes steps forward only', () => {
    const run = atStep(aRun({ step: 'cleanup' }), 'informer');
    expect(run.step).toBe('informer');
    expect(atStep(run, 'sync')).toBe(run);
    expect(atStep(run, 'informer')).toBe(run);
    expect(atStep(run, 'done').step).toBe('done');
  });

  it('shows the kind that began last, and when it is over, one of the others', () => {
    let run = withProgress(aRun(), 'instances', { status: 'in_progress' });
    expect(run.currentResource).toBe('instances');
    run = withProgress(run, 'clusters', { status: 'in_progress' });
    expect(run.currentResource).toBe('clusters');
    run = withProgress(run, 'instances', { status: 'in_progress', count: 100 });
    expect(run.currentResource).toBe('clusters');
    run = withProgress(run, 'clusters', { status: 'completed' });
    expect(run.currentResource).toBe('instances');
    run = withProgress(run, 'instances', { status: 'failed', error: 'gone' });
    expect(run.currentResource).toBeNull();
    expect(atStep(withProgress(aRun(), 'jobs', { status: 'in_progress' }), 'informer').currentResource).toBeNull();
  });

  it('keeps what a report leaves out', () => {
    let run = withProgress(aRun(), 'jobs', { status: 'in_progress', count: 3, total: 9, note: 'slow' });
    run = withProgress(run, 'jobs', { status: 'completed' });
    expect(resource(run, 'jobs')).toEqual({
      name: 'jobs',
      status: 'completed',
      count: 3,
      total: 9,
      error: null,
      note: 'slow',
    });
  });

  it('has its largest namespaces one by one, and the others together', () => {
    const namespaces = Array.from(
      { length: 130 },
      (_, n): NamespaceProgress => ({ name: `ns-${n}`, count: n, remaining: 1 }),
    );
    const run = withProgress(aRun(), 'jobs', { status: 'in_progress', namespaces });
    const shown = resource(run, 'jobs')?.namespaces;
    expect(shown?.largest).toHaveLength(100);
    expect(shown?.largest[0]).toEqual({ name: 'ns-129', count: 129, remaining: 1 });
    expect(shown?.others).toEqual({ namespaces: 30, count: 435, remaining: 30 });
    expect(withProgress(run, 'jobs', { status: 'in_progress' })).toBe(run);
    const unsure = namespaces.with(0, { name: 'ns-0', count: 0, remaining: null });
    const next = withProgress(run, 'jobs', { status: 'in_progress', namespaces: unsure });
    expect(resource(next, 'jobs')?.namespaces?.others?.remaining).toBeNull();
  });

  it('never shows more items than there should be', () => {
    const run = withProgress(aRun(), 'jobs', { status: 'in_progress', count: 12, total: 9 });
    expect(resource(run, 'jobs')).toMatchObject({ count: 12, total: 12 });
  });

  it('is the same object when nothing changes', () => {
    const run = withProgress(aRun(), 'jobs', { status: 'in_progress', count: 3 });
    expect(withProgress(run, 'jobs', { status: 'in_progress', count: 3 })).toBe(run);
    expect(withProgress(run, 'jobs', { status: 'in_progress', count: 2 })).toBe(run);
    const settled = withProgress(run, 'jobs', { status: 'failed', error: 'gone' });
    expect(withProgress(settled, 'jobs', { status: 'in_progress', count: 5 })).toBe(settled);
    const partial = aRun({ resources: [] });
    expect(withProgress(partial, 'jobs', { status: 'completed' })).toBe(partial);
  });

  it('is renewed while it is in progress', () => {
    expect(renewed(aRun(), at(60)).leaseUntil).toBe(at(60));
    expect(renewed(endRun(aRun(), completed()), at(60)).leaseUntil).toBeNull();
  });
});

describe('a run that ends', () => {
  it('is a success from its beginning to its end', () => {
    const run = endRun(aRun({ retry: { count: 2, nextAt: null } }), {
      ...completed(),
      held: null,
      instancesAsOf: at(1),
      nextRunAt: at(1_800),
      expectedDurationMs: 5_000,
    });
    expect(run).toMatchObject({
      state: 'completed',
      step: 'done',
      endedAt: at(5),
      error: null,
      changes: NO_CHANGES,
      retry: { count: 0, nextAt: null },
      nextRunAt: at(1_800),
      expectedDurationMs: 5_000,
      lastSuccess: { runId: '01KDVD00000000000000000001', startedAt: at(0), endedAt: at(5) },
      instancesAsOf: at(1),
      leaseUntil: null,
    });
  });

  it('that failed leaves the last success alone, says why, and takes with it what it was reading', () => {
    const reading = withProgress(aRun({ instancesAsOf: at(-9) }), 'jobs', { status: 'in_progress', count: 4 });
    const run = endRun(reading, { ...failed(), nextRetryAt: at(35) });
    expect(run).toMatchObject({
      state: 'failed',
      step: 'sync',
      error: 'it broke',
      retry: { count: 1, nextAt: at(35) },
      lastSuccess: null,
      instancesAsOf: at(-9),
      currentResource: null,
    });
    expect(resource(run, 'jobs')).toMatchObject({ status: 'failed', count: 4, error: 'it broke' });
    expect(resource(run, 'clusters')).toMatchObject({ status: 'pending', error: null });
    expect(endRun(reading, failed(null)).error).not.toBeNull();
  });

  it('keeps what is held unless it judged anew', () => {
    expect(endRun(aRun({ held: HELD }), completed()).held).toBe(HELD);
    expect(endRun(aRun({ held: HELD }), { ...completed(), held: null }).held).toBeNull();
    expect(endRun(aRun(), { ...completed(), held: HELD }).held).toBe(HELD);
  });

  it('never ends before it began, whatever the clock does', () => {
    expect(endRun(aRun(), completed(at(-100))).endedAt).toBe(at(0));
  });

  it('is over: late reports change nothing', () => {
    const run = endRun(aRun(), completed());
    expect(withProgress(run, 'jobs', { status: 'completed' })).toBe(run);
    expect(atStep({ ...run, step: 'sync' }, 'done').step).toBe('sync');
  });
});

describe('within any run', () => {
  const report: fc.Arbitrary<KindReport> = fc.record(
    {
      status: fc.constantFrom('in_progress', 'completed', 'failed'),
      count: fc.nat(50),
      total: fc.option(fc.nat(50)),
      error: fc.option(fc.string()),
    },
    { requiredKeys: ['status'] },
  );
  const event = fc.oneof(
    fc.tuple(fc.constantFrom(...KINDS), report).map(
      ([kind, report]) =>
        (run: RunStatus) =>
          withProgress(run, kind, report),
    ),
    fc
      .constantFrom<SyncStep>('cleanup', 'sync', 'informer', 'done')
      .map((step) => (run: RunStatus) => atStep(run, step)),
    fc.nat(100).map((seconds) => (run: RunStatus) => renewed(run, at(seconds))),
  );

  it('nothing that is shown goes back', () => {
    const order: readonly (SyncStep | null)[] = [null, 'cleanup', 'sync', 'informer', 'done'];
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, succeeds) => {
        let run = beginRun(NOT_STARTED, ORDER, at(0), at(30));
        for (const apply of [...events, (last: RunStatus) => endRun(last, succeeds ? completed() : failed())]) {
          const next = apply(run);
          expect(settledCount(next)).toBeGreaterThanOrEqual(settledCount(run));
          expect(order.indexOf(next.step)).toBeGreaterThanOrEqual(order.indexOf(run.step));
          next.resources.forEach(({ count, total }, index) => {
            const before = run.resources[index];
            expect(count).toBeGreaterThanOrEqual(before?.count ?? 0);
            expect(count).toBeLessThanOrEqual(total ?? count);
            if (total === null) expect(before?.total).toBeNull();
          });
          const reading = next.resources.filter(({ status }) => status === 'in_progress').map(({ name }) => name);
          if (next.currentResource !== null) expect(reading).toContain(next.currentResource);
          run = next;
        }
      }),
    );
  });
});
