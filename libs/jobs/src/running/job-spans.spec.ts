import { inSpan, parseCarrier, type TraceCarrier } from '@app/platform';
import { SpanRecorder } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { RECONCILE_INSTANCE } from '../catalogue/catalogue.js';
import {
  enqueueInSpan,
  MOST_WAKERS,
  mergedWakers,
  nextWakers,
  readWakers,
  runInSpan,
  type TracedRun,
  type Waker,
  wakersText,
} from './job-spans.js';
import type { RunOutcome } from './run-job.js';

const waker = (place: number, runs = 0): Waker => ({
  trace: parseCarrier(`00-${String(place).padStart(32, 'a')}-${String(place).padStart(16, 'b')}-01`) as TraceCarrier,
  runs,
});
const spanOf = ({ trace }: Waker): string => trace.split('-')[2] ?? '';

describe('whom a job runs for', () => {
  it('is kept as text, and as none when it is nobody', () => {
    const wakers = [waker(1), waker(2, 7)];
    expect(readWakers(wakersText(wakers))).toEqual(wakers);
    expect([wakersText([]), readWakers('')]).toEqual(['', []]);
  });

  it('is read without what cannot be read', () => {
    expect(readWakers(`x,${waker(1).trace}.,${waker(2).trace},,${waker(3).trace}.99999`)).toEqual([waker(2)]);
  });

  it('is everybody whose requests became one job, up to a limit', () => {
    expect(mergedWakers([waker(1)], [waker(2)])).toEqual([waker(1), waker(2)]);
    const many = Array.from({ length: MOST_WAKERS }, (_, place) => waker(place));
    expect(mergedWakers(many, [waker(99)])).toEqual(many);
  });

  it('is for the next run the one in whose trace this one is, for a number of runs', () => {
    expect(nextWakers([])).toEqual([]);
    expect(nextWakers([waker(1, 3), waker(2)])).toEqual([waker(2, 1)]);
    let wakers: readonly Waker[] = [waker(1)];
    let runs = 0;
    for (; wakers.length > 0; runs += 1) wakers = nextWakers(wakers);
    expect(runs).toBe(60);
  });
});

describe('spans of jobs', () => {
  let recorder: SpanRecorder | null = null;
  const start = (): SpanRecorder => (recorder = SpanRecorder.start());
  afterEach(() => recorder?.stop());

  const done: RunOutcome = { kind: 'done' };
  const run = (wakers: readonly Waker[], outcome: RunOutcome = done): Promise<RunOutcome> => {
    const traced: TracedRun = { job: RECONCILE_INSTANCE, key: 'reconcile-ins_1', jobId: 'j1', attempt: 1, wakers };
    return runInSpan(traced, async () => outcome);
  };

  it('a run belongs to the first that asked for it since, and is linked to the others', async () => {
    const traces = start();
    await run([waker(1, 4), waker(2), waker(3)]);
    expect(traces.spans).toMatchObject([
      {
        name: 'run RECONCILE_INSTANCE',
        kind: 'CONSUMER',
        parentId: spanOf(waker(2)),
        links: [spanOf(waker(3)), spanOf(waker(1))],
        attributes: { 'novita_fleet.job.key': 'reconcile-ins_1', 'novita_fleet.job.outcome': 'done' },
        hasFailed: false,
      },
    ]);
  });

  it('a run that nobody asked for begins a trace, whatever runs around it', async () => {
    const traces = start();
    await inSpan(
      'around',
      () => ({}),
      () => run([]),
    );
    expect(traces.spans[0]).toMatchObject({ name: 'run RECONCILE_INSTANCE', parentId: null });
  });

  it('what a run asks for is its next run, or another job, and neither goes on for ever', async () => {
    const traces = start();
    const asked = async (wakers: readonly Waker[]): Promise<readonly (readonly Waker[])[]> => {
      const given: (readonly Waker[])[] = [];
      const traced: TracedRun = { job: RECONCILE_INSTANCE, key: 'reconcile-ins_1', jobId: 'j1', attempt: 1, wakers };
      await runInSpan(traced, async () => {
        for (const key of ['reconcile-ins_1', 'reconcile-ins_2']) {
          await enqueueInSpan(RECONCILE_INSTANCE, [key], async (kept) => given.push(kept));
        }
        return done;
      });
      return given;
    };
    const [next, other] = await asked([waker(1, 4)]);
    const [enqueue, ...rest] = traces.spans;
    expect(next).toEqual([waker(1, 5)]);
    expect(other?.map((one) => [spanOf(one), one.runs])).toEqual([[enqueue?.spanId, 5]]);
    expect(rest.map(({ name }) => name)).toEqual(['run RECONCILE_INSTANCE']);
    expect(await asked([waker(1, 59)])).toEqual([[], []]);
    expect((await asked([])).map((kept) => kept.map(({ runs }) => runs))).toEqual([[], [1]]);
  });

  it('a failed run is one, though it throws nothing', async () => {
    const traces = start();
    await run([], { kind: 'error', error: new RangeError('hunter2') });
    expect(traces.spans).toMatchObject([{ hasFailed: true, attributes: { 'error.type': 'RangeError' } }]);
  });

  it('work is handed over in a span of whoever asks for it, which goes with it', async () => {
    const traces = start();
    const none = await enqueueInSpan(RECONCILE_INSTANCE, ['reconcile-ins_1'], async (wakers) => wakers);
    const [given] = await inSpan(
      'request',
      () => ({}),
      () => enqueueInSpan(RECONCILE_INSTANCE, ['reconcile-ins_1', 'reconcile-ins_2'], async (wakers) => wakers),
    );
    expect(none).toEqual([]);
    const [enqueue, request] = traces.spans;
    expect(enqueue).toMatchObject({ name: 'enqueue RECONCILE_INSTANCE', kind: 'PRODUCER', parentId: request?.spanId });
    expect(given === undefined ? null : spanOf(given)).toBe(enqueue?.spanId);
  });
});
