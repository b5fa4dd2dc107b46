import type { OutgoingHttpHeaders } from 'node:http';
import { ApiKeyRing, Draining, HttpSettings, MetricsRegistry, Problem, StreamedAnswers } from '@app/platform';
import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Gauge } from 'prom-client';
import { holderOf } from '../auth/access.js';
import { API_PROBLEMS } from '../errors/api.problems.js';
import { followEvents } from './follow-events.js';
import type { ResumableEvents } from './resumable-events.js';
import { SSE_ENDS, SseConnection } from './sse-connection.js';
import { formatSseRetry } from './sse-format.js';

const HEARTBEAT_MS = 15_000;
const MAX_BUFFERED_BYTES = 256 * 1024;
/** Of all readers together; with many of them each may have less. */
const MAX_TOTAL_BUFFERED_BYTES = 64 * 1024 * 1024;
const STALL_MS = 30_000;
const RETRY_MS = 2_000;
/** Of one process: each costs some memory while it is open, and more while it is slow. */
const MAX_STREAMS = 5_000;
const FULL_RETRY_SECONDS = 10;

/** Their names in the metrics. */
const STREAMS = ['events', 'sync'] as const;
type StreamName = (typeof STREAMS)[number];

/** Turns requests into streams of events. */
@Injectable()
export class SseStreams {
  private readonly logger = new Logger(SseStreams.name);
  private readonly readers: Gauge<'stream'>;
  private readonly ended: Counter<'stream' | 'reason'>;
  private open = 0;
  /** By the name of the key. */
  private readonly openOf = new Map<string, number>();

  constructor(
    private readonly draining: Draining,
    private readonly answers: StreamedAnswers,
    private readonly settings: HttpSettings,
    private readonly ring: ApiKeyRing,
    registry: MetricsRegistry,
  ) {
    this.readers = new Gauge({
      name: 'novita_fleet_sse_readers',
      help: 'Open event streams',
      labelNames: ['stream'],
      registers: [registry],
    });
    this.ended = new Counter({
      name: 'novita_fleet_sse_ended_total',
      help: 'Event streams that ended, by why: the client left, the process drains, a fault, events may be lost, the reader was too slow, or its key ended',
      labelNames: ['stream', 'reason'],
      registers: [registry],
    });
    for (const stream of STREAMS) {
      this.readers.set({ stream }, 0);
      for (const reason of SSE_ENDS) this.ended.inc({ stream, reason }, 0);
    }
  }

  /**
   * Answers with a stream of events until the reader leaves or this process ends.
   *
   * @param stream its name in the metrics
   * @param lastEventId a valid id; null for a reader that begins
   * @throws Problem `too-many-streams-of-key`, `too-many-streams`
   */
  async follow<Event>(
    stream: StreamName,
    events: ResumableEvents<Event>,
    lastEventId: string | null,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    await this.serve(stream, (connection) => followEvents(events, connection, lastEventId), request, reply);
  }

  /**
   * The same for a reader of several sequences of events, all of which `start` begins to follow.
   *
   * @throws Problem `too-many-streams-of-key`, `too-many-streams`
   */
  async serve(
    stream: StreamName,
    start: (connection: SseConnection) => Promise<unknown>,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const connection = this.begin(stream, request, reply);
    if (connection === null) return;
    try {
      await start(connection);
    } catch (error) {
      // The head is sent already. The reader comes back with the id that it has, and nothing is lost.
      this.logger.warn('A stream of events could not go on where it was', { err: error, stream });
      connection.finish('fault');
    }
  }

  /**
   * Sends the head of the answer with all headers that were set so far, and leaves the rest to the connection.
   *
   * @returns null for a HEAD request, which is answered with it
   * @throws Problem `too-many-streams-of-key`, `too-many-streams`
   */
  begin(stream: StreamName, request: FastifyRequest, reply: FastifyReply): SseConnection | null {
    const holder = holderOf(request);
    const key = holder.name;
    const most = this.settings.SSE_MAX_STREAMS_PER_KEY;
    if (this.countOf(key) >= most) {
      throw new Problem(API_PROBLEMS['too-many-streams-of-key'], {
        detail: `This process has ${most} streams open with the key "${key}".`,
        retryAfterSeconds: FULL_RETRY_SECONDS,
      });
    }
    if (this.open >= MAX_STREAMS) {
      throw new Problem(API_PROBLEMS['too-many-streams'], {
        detail: `This process has ${MAX_STREAMS} streams open.`,
        retryAfterSeconds: FULL_RETRY_SECONDS,
      });
    }
    reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would otherwise collect events before it passes them on.
      'x-accel-buffering': 'no',
    });
    if (request.method === 'HEAD') {
      void reply.send();
      return null;
    }
    reply.hijack();
    reply.raw.writeHead(200, headOf(reply));
    this.answers.begun(request, reply);
    // Sent at once, so that the reader sees the head although no event may come for a while.
    reply.raw.write(formatSseRetry(RETRY_MS));
    this.open++;
    this.openOf.set(key, this.countOf(key) + 1);
    this.readers.inc({ stream });
    return new SseConnection(reply.raw, {
      heartbeatMs: HEARTBEAT_MS,
      maxBufferedBytes: () => Math.min(MAX_BUFFERED_BYTES, Math.floor(MAX_TOTAL_BUFFERED_BYTES / this.open)),
      stallMs: STALL_MS,
      isEntitled: () => this.ring.isCurrent(holder),
      draining: this.draining.signal,
      onEnd: (reason) => {
        this.open--;
        this.forget(key);
        this.readers.dec({ stream });
        this.ended.inc({ stream, reason });
      },
    });
  }

  private countOf(key: string): number {
    return this.openOf.get(key) ?? 0;
  }

  private forget(key: string): void {
    const left = this.countOf(key) - 1;
    if (left > 0) this.openOf.set(key, left);
    else this.openOf.delete(key);
  }
}

function headOf(reply: FastifyReply): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined));
}
