import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { AnswerCollector, AnswerTooLargeError } from './answer-collector.js';

function setUp(maxBytes = 100) {
  const caller = new AbortController();
  const collector = new AnswerCollector(maxBytes, caller.signal);
  const aborted: Error[] = [];
  /** As undici's own: an abort ends in `onResponseError`. */
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    abort: (error) => {
      aborted.push(error);
      collector.onResponseError(controller, error);
    },
    pause: () => undefined,
    resume: () => undefined,
  };
  return { caller, collector, controller, aborted };
}

describe('AnswerCollector', () => {
  it('gives the whole answer, whatever pieces it comes in', async () => {
    const { collector, controller, caller, aborted } = setUp();
    collector.onRequestStart(controller);
    collector.onResponseStart(controller, 429, { 'retry-after': ['7', '9'] });
    for (const piece of ['{"a"', ':', '1}']) collector.onResponseData(controller, Buffer.from(piece));
    collector.onResponseEnd();
    expect(await collector.answer).toEqual({
      status: 429,
      retryAfter: '7',
      fromSandbox: false,
      body: Buffer.from('{"a":1}'),
    });
    caller.abort(new Error('too late'));
    expect(aborted).toEqual([]);
  });

  it('gives an answer up that is too large, and the connection with it', async () => {
    const { collector, controller, aborted } = setUp(3);
    collector.onRequestStart(controller);
    collector.onResponseStart(controller, 200, {});
    collector.onResponseData(controller, Buffer.from('123'));
    collector.onResponseData(controller, Buffer.from('4'));
    await expect(collector.answer).rejects.toBeInstanceOf(AnswerTooLargeError);
    expect(aborted).toHaveLength(1);
  });

  it.each(['before it has a connection', 'on its connection'])('ends at once at an abort %s', async (when) => {
    const { collector, controller, caller, aborted } = setUp();
    const reason = new Error('enough');
    if (when === 'on its connection') collector.onRequestStart(controller);
    caller.abort(reason);
    await expect(collector.answer).rejects.toBe(reason);
    if (when !== 'on its connection') collector.onRequestStart(controller);
    expect(aborted).toEqual([reason]);
  });

  it('makes an error of a reason that is none', async () => {
    const { collector, caller } = setUp();
    caller.abort('enough');
    await expect(collector.answer).rejects.toMatchObject({ message: 'the exchange was ended', cause: 'enough' });
  });
});
