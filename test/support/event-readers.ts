import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Longest wait before a reader that was cut off comes back. */
const COME_BACK_MS = 500;
const CONTROL = new Set(['connected', 'list', 'degraded', 'restored']);

/**
 * Follows `GET /api/v1/events` over whatever connection there is, as a page does, and keeps what it received. So small
 * that a test can have hundreds.
 */
export class EventReader {
  /** `id type` of each event, in the order of their arrival. */
  readonly received: string[] = [];
  /** Where it began. */
  startedAt = '';
  /** How often it came back with an id. */
  returns = 0;
  /** Whether it was sent `reset`, which no reader of these tests should be. */
  hasReset = false;
  isOpen = false;
  private lastEventId = '';
  private rest = '';
  private request: ClientRequest | null = null;
  private isClosed = false;

  /** @param choose the address to connect to, asked before every connection */
  constructor(
    private readonly key: string,
    private readonly choose: () => string,
  ) {
    this.connect();
  }

  get position(): string {
    return this.lastEventId;
  }

  /** Cuts the connection, wherever it is in the middle of; it comes back by itself. */
  drop(): void {
    this.request?.destroy();
  }

  close(): void {
    this.isClosed = true;
    this.drop();
  }

  private connect(): void {
    this.rest = '';
    const headers = {
      authorization: `Bearer ${this.key}`,
      ...(this.lastEventId !== '' && { 'last-event-id': this.lastEventId }),
    };
    const request = get(`${this.choose()}/api/v1/events`, { agent: false, headers });
    this.request = request;
    request.on('error', () => undefined);
    request.once('response', (answer: IncomingMessage) => {
      this.isOpen = answer.statusCode === 200;
      if (this.isOpen && this.lastEventId !== '') this.returns++;
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => this.take(text));
      answer.on('error', () => undefined);
    });
    request.once('close', () => {
      this.isOpen = false;
      void this.comeBack();
    });
  }

  private async comeBack(): Promise<void> {
    await pause(Math.random() * COME_BACK_MS);
    if (!this.isClosed) this.connect();
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) this.takeBlock(block);
  }

  private takeBlock(block: string): void {
    const id = /^id: (.*)$/m.exec(block)?.[1];
    const event = /^event: (.*)$/m.exec(block)?.[1];
    if (id !== undefined) this.lastEventId = id;
    if (event === undefined) return;
    if (event === 'connected') this.startedAt = id ?? '';
    if (event === 'reset') this.hasReset = true;
    else if (!CONTROL.has(event)) this.received.push(`${id} ${event}`);
  }
}
