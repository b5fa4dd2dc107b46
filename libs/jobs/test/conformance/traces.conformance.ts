import { inSpan } from '@app/platform';
import { type RecordedSpan, SpanRecorder } from '@app/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gate, idle, testJob, until } from '../fixtures.js';
import type { Bench } from './bench.js';

/** A run belongs to the trace of the request that asked for it. */
export function itCarriesTraces(bench: Bench): void {
  describe('while traces are made', () => {
    let traces: SpanRecorder;
    beforeEach(() => {
      traces = SpanRecorder.start();
    });
    afterEach(() => traces.stop());

    const request = (name: string, options: { readonly delayMs?: number } = {}): Promise<void> =>
      inSpan(
        name,
        () => ({}),
        () => bench.queue.enqueue(testJob(), { id: 'a' }, options),
      );
    const named = (name: string): readonly RecordedSpan[] => traces.spans.filter((span) => span.name === name);
    const enqueueOf = (request: string): RecordedSpan | undefined => {
      const [outer] = named(request);
      return named('enqueue TEST_JOB').find(({ parentId }) => parentId === outer?.spanId);
    };
    const runs = (count: number): Promise<unknown> => until(() => named('run TEST_JOB').length === count, 10_000);

    it('a run belongs to its request', async () => {
      await bench.start(bench.recorder.handlers([testJob()]));
      await request('one');
      await runs(1);
      const [run] = named('run TEST_JOB');
      expect(run).toMatchObject({ parentId: enqueueOf('one')?.spanId, links: [], traceId: named('one')[0]?.traceId });
    });

    it('a run of requests that became one job is linked to all of them', async () => {
      const workers = bench.attach(bench.recorder.handlers([testJob()]));
      await request('one', { delayMs: 60_000 });
      await request('two', { delayMs: 90_000 });
      await request('three');
      await bench.startNow(workers);
      await runs(1);
      expect(named('run TEST_JOB')).toMatchObject([
        { parentId: enqueueOf('one')?.spanId, links: [enqueueOf('two')?.spanId, enqueueOf('three')?.spanId] },
      ]);
    });

    it('what is asked for during a run is the trace of the next one', async () => {
      const held = gate();
      await bench.start(bench.recorder.handlers([testJob()], () => held.passed));
      await request('one');
      await until(() => bench.recorder.runs.length === 1);
      await request('two');
      held.open();
      await runs(2);
      const [first, second] = named('run TEST_JOB');
      expect([first?.parentId, second?.parentId]).toEqual([enqueueOf('one')?.spanId, enqueueOf('two')?.spanId]);
      expect([first?.links, second?.links]).toEqual([[], []]);
    });

    it('a run that runs again stays in the trace, until it is asked for by another', async () => {
      await bench.start(
        bench.recorder.handlers([testJob()], async () =>
          bench.recorder.runs.length < 3 ? { runAgainInMs: bench.recorder.runs.length === 1 ? 1 : 60_000 } : undefined,
        ),
      );
      await request('one');
      await runs(2);
      await request('two');
      await runs(3);
      const [first, second, third] = named('run TEST_JOB');
      const [one, two] = [enqueueOf('one')?.spanId, enqueueOf('two')?.spanId];
      expect([first?.parentId, second?.parentId, third?.parentId]).toEqual([one, one, two]);
      expect(third?.links).toEqual([one]);
    });

    it('a retry stays in the trace', async () => {
      const job = testJob({ attempts: 2 });
      await bench.start(
        bench.recorder.handlers([job], async (_payload, { attempt }) => {
          if (attempt === 1) throw new Error('once');
        }),
      );
      await inSpan(
        'one',
        () => ({}),
        () => bench.queue.enqueue(job, { id: 'a' }),
      );
      await runs(2);
      const [first, second] = named('run TEST_JOB');
      expect([first?.hasFailed, second?.hasFailed]).toEqual([true, false]);
      expect(second?.parentId).toBe(first?.parentId);
    });

    it('many handed over at once are one step of their trace', async () => {
      await bench.start(bench.recorder.handlers([testJob()]));
      await inSpan(
        'one',
        () => ({}),
        () => bench.queue.enqueueMany(testJob(), [{ id: 'a' }, { id: 'b' }]),
      );
      await runs(2);
      const parent = enqueueOf('one')?.spanId;
      expect(named('run TEST_JOB').map(({ parentId }) => parentId)).toEqual([parent, parent]);
      await idle(bench.queue);
    });
  });
}
