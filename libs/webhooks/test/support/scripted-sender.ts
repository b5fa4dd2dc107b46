import { type SendRequest, type SendResult, WebhookSender } from '../../src/index.js';

export const taken: SendResult = { kind: 'answered', status: 200, retryAfterMs: null, answer: 'ok', durationMs: 5 };
export const answered = (status: number, retryAfterMs: number | null = null): SendResult => ({
  kind: 'answered',
  status,
  retryAfterMs,
  answer: `status ${status}`,
  durationMs: 5,
});
export const silent: SendResult = { kind: 'no-answer', cause: 'time-out', message: 'no answer', durationMs: 10_000 };

export interface SentEvent {
  readonly url: string;
  readonly webhookId: string;
  readonly sequence: number | undefined;
  readonly type: string;
  readonly instanceId: string | undefined;
  readonly keys: readonly string[];
  readonly result: SendResult;
}

/** Of the events of instances among them, in the order in which they were sent. */
export function sequencesOf(events: readonly SentEvent[]): readonly (number | undefined)[] {
  return events.map(({ sequence }) => sequence);
}

type Answer = (request: SendRequest, place: number) => SendResult | Promise<SendResult>;

/** Answers as a test says, by address; everything else is taken. Keeps what was sent, in its order. */
export class ScriptedSender extends WebhookSender {
  readonly sent: SentEvent[] = [];
  /** Requests under way, by address, at most. */
  readonly mostAtOnce = new Map<string, number>();
  private readonly answers = new Map<string, Answer>();
  private readonly underWay = new Map<string, number>();

  on(url: string, answer: Answer): void {
    this.answers.set(url, answer);
  }

  to(url: string): readonly SentEvent[] {
    return this.sent.filter((event) => event.url === url);
  }

  override async send(request: SendRequest, signal: AbortSignal): Promise<SendResult> {
    signal.throwIfAborted();
    const { url, secrets } = request.endpoint;
    const atOnce = (this.underWay.get(url) ?? 0) + 1;
    this.underWay.set(url, atOnce);
    this.mostAtOnce.set(url, Math.max(atOnce, this.mostAtOnce.get(url) ?? 0));
    // A request takes a turn at least.
    await Promise.resolve();
    const result = await (this.answers.get(url)?.(request, this.to(url).length) ?? taken);
    this.underWay.set(url, atOnce - 1);
    const { type, sequence, instanceId } = JSON.parse(request.body) as SentEvent;
    const keys = secrets.map(({ key }) => key);
    this.sent.push({ url, webhookId: request.webhookId, type, sequence, instanceId, keys, result });
    return result;
  }
}
