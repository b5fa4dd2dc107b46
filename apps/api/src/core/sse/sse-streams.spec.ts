import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ApiKeyRing,
  Draining,
  HttpSettings,
  loadSection,
  MetricsRegistry,
  Problem,
  type StreamedAnswers,
} from '@app/platform';
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
  const ring = new ApiKeyRing([]);
  const settings = loadSection(HttpSettings, { SSE_MAX_STREAMS_PER_KEY: '2500' });
  const answers = { begun: () => undefined } as unknown as StreamedAnswers;
  const streams = new SseStreams(draining, answers, settings, ring, registry);
  const requestOf = (name: string): FastifyRequest =>
    ({ method: 'GET', caller: { name, role: 'viewer' } }) as FastifyRequest;
  const rejectionOf = (request: FastifyRequest, of = streams): unknown => {
    try {
      of.begin('events', request, anAnswer().reply);
    } catch (error) {
      return error;
    }
    return null;
  };

  afterEach(() => draining.begin());

  it('takes 5,000 streams of whatever kind, says when to come again, and takes the next when one has ended', async () => {
    const first = anAnswer();
    streams.begin('sync', requestOf('a'), first.reply);
    for (let i = 1; i < 5_000; i++) streams.begin('events', requestOf(i % 2 === 0 ? 'a' : 'b'), anAnswer().reply);
    const late = anAnswer();
    const rejection = rejectionOf(requestOf('c'));
    expect(rejection).toBeInstanceOf(Problem);
    expect(rejection).toMatchObject({
      type: { code: 'too-many-streams', status: 503 },
      details: { retryAfterSeconds: 10 },
    });
    first.raw.destroy();
    await nextTurn();
    expect(streams.begin('events', requestOf('c'), late.reply)).not.toBeNull();
    expect(await registry.metrics()).toContain('novita_fleet_sse_readers{stream="events"} 5000');
  });

  it('leaves room for others when one key has all that it may have', async () => {
    const of2 = loadSection(HttpSettings, { SSE_MAX_STREAMS_PER_KEY: '2' });
    const few = new SseStreams(new Draining(), answers, of2, ring, new MetricsRegistry());
    const first = anAnswer();
    few.begin('events', requestOf('a'), first.reply);
    few.begin('sync', requestOf('a'), anAnswer().reply);
    expect(rejectionOf(requestOf('a'), few)).toMatchObject({
      type: { code: 'too-many-streams-of-key', status: 429 },
      details: { retryAfterSeconds: 10 },
    });
    few.begin('events', requestOf('b'), anAnswer().reply);
    first.raw.destroy();
    await nextTurn();
    expect(rejectionOf(requestOf('a'), few)).toBeNull();
  });
});
