import type { Clock } from '@app/platform';
import type { CallOptions } from '../novita.js';
import type { HttpAnswer } from './answer-collector.js';
import { answeredExchange, brokenExchange } from './finished-exchange.js';
import type { Exchange } from './http-exchange.js';
import { callName, methodOf, type NovitaRequest, queryString, SURFACE_PATHS } from './novita-request.js';
import type { Transport } from './novita-transport.js';

/**
 * Sends every call at once and once: no limits, no repeats, no timers. For a Novita in the same process, whose clock is
 * not the machine's.
 */
export class DirectTransport implements Transport {
  constructor(
    private readonly exchange: Exchange,
    private readonly clock: Clock,
  ) {}

  async call<Answer>(request: NovitaRequest<Answer>, options: CallOptions = {}): Promise<Answer> {
    const signal = options.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const path = `${SURFACE_PATHS[request.surface]}${request.path}${queryString(request.query)}`;
    let answer: HttpAnswer;
    try {
      answer = await this.exchange.send(methodOf(request), path, request.body, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw brokenExchange(callName(request), cause).error;
    }
    const attempt = answeredExchange(request, answer, '', this.clock.now());
    if (attempt.kind === 'answered') return attempt.answer;
    throw attempt.error;
  }
}
