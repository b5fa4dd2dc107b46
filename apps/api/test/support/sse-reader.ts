import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { KEYS } from './test-api.js';

export interface ReadEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** A client of an event stream over a real socket. */
export class SseReader {
  readonly events: ReadEvent[] = [];
  /** All that came, heartbeats included. */
  text = '';
  hasEnded = false;
  private rest = '';

  private constructor(
    private readonly request: ClientRequest,
    readonly answer: IncomingMessage,
  ) {
    answer.setEncoding('utf8');
    answer.on('data', (chunk: string) => this.take(chunk));
    answer.on('close', () => {
      this.hasEnded = true;
    });
    answer.on('error', () => undefined);
  }

  /** @param isPaused takes nothing until `resume` */
  static open(url: string, headers: Readonly<Record<string, string>> = {}, isPaused = false): Promise<SseReader> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false, headers: { authorization: `Bearer ${KEYS.viewer}`, ...headers } });
      request.once('error', reject);
      request.once('response', (answer) => {
        request.on('error', () => undefined);
        const reader = new SseReader(request, answer);
        if (isPaused) answer.pause();
        resolve(reader);
      });
    });
  }

  get ids(): (string | null)[] {
    return this.events.map(({ id }) => id);
  }

  close(): void {
    this.request.destroy();
  }

  private take(chunk: string): void {
    this.text += chunk;
    const blocks = (this.rest + chunk).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]),
      );
      const data = fields.get('data');
      if (data === undefined) continue;
      this.events.push({
        id: fields.get('id') ?? null,
        event: fields.get('event') ?? 'message',
        data: JSON.parse(data) as Record<string, unknown>,
      });
    }
  }
}
