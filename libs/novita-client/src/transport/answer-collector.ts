import type { Dispatcher } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** It says of itself that no machine stands behind it. */
  readonly fromSandbox: boolean;
  readonly body: Buffer;
}

export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/**
 * Takes one answer off the wire, whole and bounded. It stands where undici's own `request` would, which makes a stream
 * of every body and takes as long for that as for the rest of the exchange.
 */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>;
  private readonly settled = Promise.withResolvers<HttpAnswer>();
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private status = 0;
  private retryAfter: string | null = null;
  private fromSandbox = false;
  private controller: Dispatcher.DispatchController | null = null;
  private readonly onAbort = (): void => this.fail(reasonOf(this.signal));

  /**
   * @param maxBytes of a body beyond which the answer is given up
   * @param signal ends the exchange wherever it is
   */
  constructor(
    private readonly maxBytes: number,
    private readonly signal: AbortSignal,
  ) {
    this.answer = this.settled.promise;
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited for a connection until after its end.
    if (this.signal.aborted) controller.abort(reasonOf(this.signal));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    const retryAfter = headers['retry-after'];
    this.status = status;
    this.fromSandbox = headers['x-novita-sandbox'] === 'true';
    this.retryAfter = (Array.isArray(retryAfter) ? retryAfter[0] : retryAfter) ?? null;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) this.fail(new AnswerTooLargeError(`more than ${this.maxBytes} bytes`));
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.signal.removeEventListener('abort', this.onAbort);
    const { status, retryAfter, fromSandbox } = this;
    this.settled.resolve({ status, retryAfter, fromSandbox, body: Buffer.concat(this.chunks, this.size) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.signal.removeEventListener('abort', this.onAbort);
    this.settled.reject(error);
  }

  /** Ends the exchange, and with it the connection that it may be on. */
  private fail(error: Error): void {
    this.settled.reject(error);
    this.controller?.abort(error);
  }
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error('the exchange was ended', { cause: reason });
}
