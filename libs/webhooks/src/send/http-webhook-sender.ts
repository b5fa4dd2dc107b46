import { type Clock, oneLine, parseRetryAfter, withTraceparent } from '@app/platform';
import type { OnApplicationShutdown } from '@nestjs/common';
import { type Dispatcher, errors, request } from 'undici';
import { secretsAt } from '../model/secrets.js';
import type { WebhookOptions } from '../model/webhook-options.js';
import { type NoAnswerCause, type SendRequest, type SendResult, WebhookSender } from '../model/webhook-sender.port.js';
import { type AddressRules, addressRulesOf, ForbiddenAddressError, webhookUrlViolation } from './address-guard.js';
import { EndpointAgents } from './endpoint-agents.js';
import { ConnectError, guardedConnector, SYSTEM_CONNECTIONS } from './guarded-connector.js';
import { messageHeaders } from './signature.js';

/** Milliseconds for one attempt, from the name's resolution to the end of the answer. */
const ATTEMPT_MS = 10_000;
/** Bytes of an answer that are read at most; the status counts all the same. */
const MOST_ANSWER_BYTES = 65_536;
/** Bytes of an answer that are kept. */
const KEPT_ANSWER_BYTES = 2_048;
const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;
const LONGEST_MESSAGE = 300;

/** Sends webhooks over HTTP to addresses that the rules allow. Follows no redirect. */
export class HttpWebhookSender extends WebhookSender implements OnApplicationShutdown {
  /** @param attemptMs milliseconds for one attempt */
  constructor(
    private readonly agents: EndpointAgents,
    private readonly rules: AddressRules,
    private readonly clock: Clock,
    private readonly attemptMs: number = ATTEMPT_MS,
  ) {
    super();
  }

  override async send(message: SendRequest, signal: AbortSignal): Promise<SendResult> {
    signal.throwIfAborted();
    const beganMs = this.clock.now();
    const durationMs = (): number => Math.max(0, this.clock.now() - beganMs);
    const { url, id } = message.endpoint;
    const violation = webhookUrlViolation(url, this.rules);
    if (violation !== null) return { kind: 'forbidden-address', message: `The address ${violation}.`, durationMs: 0 };
    const limit = new AttemptLimit(this.attemptMs, signal);
    try {
      const answer = await this.agents.using(id, (dispatcher) => exchange(message, dispatcher, limit.signal));
      const retryAfterMs = parseRetryAfter(answer.retryAfter, this.clock.now(), LONGEST_RETRY_AFTER_MS);
      return { kind: 'answered', status: answer.status, answer: answer.body, retryAfterMs, durationMs: durationMs() };
    } catch (error) {
      signal.throwIfAborted();
      if (limit.isOver) return this.noAnswer('time-out', `No answer within ${this.attemptMs} ms.`, durationMs());
      if (error instanceof ForbiddenAddressError) {
        return {
          kind: 'forbidden-address',
          message: oneLine(error.message, LONGEST_MESSAGE),
          durationMs: durationMs(),
        };
      }
      const why = error instanceof Error ? error.message : String(error);
      return this.noAnswer(causeOf(error), oneLine(why, LONGEST_MESSAGE), durationMs());
    } finally {
      limit.clear();
    }
  }

  /** Ends what is under way. */
  onApplicationShutdown(): Promise<void> {
    return this.agents.close();
  }

  private noAnswer(cause: NoAnswerCause, message: string, durationMs: number): SendResult {
    return { kind: 'no-answer', cause, message, durationMs };
  }
}

/** Ends an attempt after its time, or with the job. A plain timer: composed signals cost a quarter of an attempt. */
class AttemptLimit {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly end = (): void => this.controller.abort();
  isOver = false;

  constructor(
    afterMs: number,
    private readonly job: AbortSignal,
  ) {
    this.timer = setTimeout(() => {
      this.isOver = true;
      this.end();
    }, afterMs);
    job.addEventListener('abort', this.end, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  clear(): void {
    clearTimeout(this.timer);
    this.job.removeEventListener('abort', this.end);
  }
}

/** As the settings want it, over connections of its own. */
export function createWebhookSender(options: WebhookOptions, clock: Clock): WebhookSender {
  const rules = addressRulesOf(options);
  return new HttpWebhookSender(new EndpointAgents(guardedConnector(rules, SYSTEM_CONNECTIONS)), rules, clock);
}

interface ReceivedAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

async function exchange(message: SendRequest, dispatcher: Dispatcher, signal: AbortSignal): Promise<ReceivedAnswer> {
  const { endpoint, webhookId: id, body, at } = message;
  // The receiver belongs to whoever runs the fleet, and can go on with the trace.
  const answer = await withTraceparent(() =>
    request(endpoint.url, {
      dispatcher,
      signal,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: '*/*',
        'user-agent': 'novita-fleet',
        ...messageHeaders({ id, at, body }, secretsAt(endpoint.secrets, at)),
      },
      body,
    }),
  );
  const retryAfter = answer.headers['retry-after'];
  return {
    status: answer.statusCode,
    retryAfter: (Array.isArray(retryAfter) ? retryAfter[0] : retryAfter) ?? null,
    body: await readBounded(answer.body, statedBytes(answer.statusCode, answer.headers['content-length'])),
  };
}

/** @param stated bytes by its head, NaN where it says none. Ends the connection when there is more than may be read. */
async function readBounded(body: Dispatcher.ResponseData['body'], stated: number): Promise<string> {
  if (stated <= MOST_ANSWER_BYTES) return textOf(Buffer.from(await body.bytes()).subarray(0, KEPT_ANSWER_BYTES));
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (size < KEPT_ANSWER_BYTES) kept.push(chunk.subarray(0, KEPT_ANSWER_BYTES - size));
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES) break;
  }
  return textOf(Buffer.concat(kept));
}

/** A character that is cut at the end becomes a replacement character, which is left out. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8').replace(/\uFFFD$/, '');

function statedBytes(status: number, header: string | string[] | undefined): number {
  return status === 204 ? 0 : Number(header ?? Number.NaN);
}

function causeOf(error: unknown): NoAnswerCause {
  if (error instanceof ConnectError) return error.stage;
  if (error instanceof errors.HeadersOverflowError) return 'too-large';
  if (error instanceof errors.HTTPParserError) return 'garbage';
  return error instanceof errors.ResponseContentLengthMismatchError ? 'garbage' : 'reset';
}
