import type { Timestamp } from '@app/platform';
import type { WebhookEndpoint } from './endpoint.js';

export interface SendRequest {
  readonly endpoint: WebhookEndpoint;
  /** Id of the event. */
  readonly webhookId: string;
  /** JSON. */
  readonly body: string;
  /** The time that is signed, and by which secrets are chosen. */
  readonly at: Timestamp;
}

/** Why there was no answer, or none that counts. */
export type NoAnswerCause = 'time-out' | 'dns' | 'connect' | 'tls' | 'reset' | 'too-large' | 'garbage';

/** The result of one request to an endpoint. Durations in ms. */
export type SendResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** From `Retry-After`, counted from now; null where there is none. */
      readonly retryAfterMs: number | null;
      /** The first 2 kB of the body. */
      readonly answer: string;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'no-answer';
      readonly cause: NoAnswerCause;
      /** For people; holds no secret. */
      readonly message: string;
      readonly durationMs: number;
    }
  /** Nothing was connected to. */
  | { readonly kind: 'forbidden-address'; readonly message: string; readonly durationMs: number };

/** Sends one event to one endpoint, signed with the secrets that are valid now. One try, within its own time limit. */
export abstract class WebhookSender {
  /**
   * Does not throw for what the other side does.
   * @param signal ends the request; then it throws the signal's reason
   */
  abstract send(request: SendRequest, signal: AbortSignal): Promise<SendResult>;
}
