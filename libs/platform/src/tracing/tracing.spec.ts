import { SpanRecorder } from '@app/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { parseCarrier, type TraceCarrier } from './trace-carrier.js';
import {
  activeTraceId,
  inSpan,
  startClientSpan,
  startServerSpan,
  traceCarrier,
  traceContext,
  withTraceparent,
} from './tracing.js';

const REMOTE = parseCarrier('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01') as TraceCarrier;
const nothing = (): object => ({});

describe('while traces are off', () => {
  it('work is only done: no options are made, no context is entered', async () => {
    const options = (): never => {
      throw new Error('nobody asks for these');
    };
    const done = await inSpan('work', options, async (span) => {
      span.note({ a: 1 });
      span.fail('x');
      return [traceContext.getStore(), traceCarrier(), activeTraceId()];
    });
    expect(done).toEqual([undefined, null, null]);
    expect(withTraceparent(() => traceContext.getStore())).toBeUndefined();
    expect(startClientSpan('GET', {})).toBeNull();
    expect(startServerSpan('GET /', {}, REMOTE, 0)).toBeNull();
  });

  it('what is thrown is thrown on', async () => {
    await expect(inSpan('work', nothing, () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError);
  });
});

describe('while traces are made', () => {
  let recorder: SpanRecorder | null = null;
  const start = (): SpanRecorder => (recorder = SpanRecorder.start());
  afterEach(() => recorder?.stop());

  it('work within work is one trace', async () => {
    const traces = start();
    const seen = await inSpan('outer', nothing, async () => {
      await Promise.resolve();
      return inSpan(
        'inner',
        () => ({ kind: 'producer', attributes: { a: 1 } }),
        async () => [activeTraceId(), traceCarrier()],
      );
    });
    const [inner, outer] = traces.spans;
    expect(inner).toMatchObject({ name: 'inner', kind: 'PRODUCER', parentId: outer?.spanId, attributes: { a: 1 } });
    expect(outer).toMatchObject({ name: 'outer', kind: 'INTERNAL', parentId: null, hasFailed: false });
    expect(seen).toEqual([outer?.traceId, `00-${outer?.traceId}-${inner?.spanId}-01`]);
  });

  it('a carrier is gone on with, linked to others; null begins anew', async () => {
    const traces = start();
    await inSpan('outer', nothing, async () => {
      await inSpan(
        'remote',
        () => ({ parent: REMOTE, links: [REMOTE] }),
        async () => undefined,
      );
      await inSpan(
        'anew',
        () => ({ parent: null }),
        async () => undefined,
      );
    });
    const [remote, anew] = traces.spans;
    expect(remote).toMatchObject({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentId: 'b7ad6b7169203331',
      links: ['b7ad6b7169203331'],
    });
    expect(anew).toMatchObject({ parentId: null });
  });

  it('of an error only the class is recorded', async () => {
    const traces = start();
    const work = inSpan('work', nothing, () => Promise.reject(new RangeError('the key is hunter2')));
    await expect(work).rejects.toThrow('hunter2');
    expect(traces.spans).toMatchObject([{ hasFailed: true, attributes: { 'error.type': 'RangeError' } }]);
    expect(JSON.stringify(traces.spans)).not.toContain('hunter2');
  });

  it('requests to others are spans of the work, and carry a traceparent only where the work says so', async () => {
    start();
    expect(startClientSpan('GET', {})).toBeNull();
    const [silent, speaking] = await inSpan('work', nothing, async () => [
      startClientSpan('GET', {}),
      withTraceparent(() => startClientSpan('POST', {})),
    ]);
    expect(silent?.traceparent).toBeNull();
    expect(speaking?.traceparent).toContain(speaking?.span.spanContext().spanId);
  });
});
