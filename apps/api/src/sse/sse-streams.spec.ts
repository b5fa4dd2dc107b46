import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Draining, MetricsRegistry, Problem, type StreamedAnswers } from '@app/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { SseStreams } from './sse-streams.js';

/** As much of an answer as a stream needs. */
function anAnswer(): { readonly raw: PassThrough; readonly reply: FastifyReply } {
  const raw = Object.assign(new PassThrough(), { writeHead: () => undefined });
  raw.resume();
  const reply = { raw, headers: () => reply, hijack: () => reply, getHeaders: () => ({}), send: () => reply };
  return { raw, reply: reply as unknown as FastifyReply };
}

describe('SseStreams', () => {
  const draining = new Draining();
  const registry = new MetricsRegistry();
  const streams = new SseStreams(draining, { begun: () => undefined } as unknown as StreamedAnswers, registry);
  const request = { method: 'GET' } as FastifyRequest;

  afterEach(() => draining.begin());

  it('takes 5,000 streams of whatever kind, says when to come again, and takes the next when one has ended', async () => {
    const first = anAnswer();
    streams.begin('sync', request, first.reply);
    for (let i = 1; i < 5_000; i++) streams.begin('events', request, anAnswer().reply);
    const late = anAnswer();
    let refusal: unknown;
    try {
      streams.begin('events', request, late.reply);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Problem);
    expect(refusal).toMatchObject({
      type: { code: 'too-many-streams', status: 503 },
      details: { retryAfterSeconds: 10 },
    });
    first.raw.destroy();
    await nextTurn();
    expect(streams.begin('events', request, late.reply)).not.toBeNull();
    expect(await registry.metrics()).toContain('novita_fleet_sse_readers{stream="events"} 5000');
  });
});
