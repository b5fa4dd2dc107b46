import type { KubernetesFace } from '@app/sandbox';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadBody;
}

export interface ReadBody {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly metadata: {
    readonly name?: string;
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [member: string]: unknown;
  };
  readonly items: readonly ReadBody[];
  readonly [member: string]: unknown;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: ReadBody;
}

/** Calls the face as any client of HTTP would. */
export class ApiReader {
  constructor(private readonly face: KubernetesFace) {}

  async call(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.face.url + path, init);
    return { status: response.status, headers: response.headers, body: (await response.json()) as ReadBody };
  }

  /** @param type of the body; default JSON */
  async send(method: string, path: string, body: unknown, type = 'application/json'): Promise<Answer> {
    return this.call(path, { method, body: JSON.stringify(body), headers: { 'content-type': type } });
  }

  async watch(path: string, init: RequestInit = {}): Promise<WatchReader> {
    const response = await fetch(this.face.url + path, init);
    return new WatchReader(response);
  }
}

/** The lines of a watch, one by one. */
export class WatchReader {
  private readonly lines: AsyncGenerator<string>;

  constructor(readonly response: Response) {
    this.lines = linesOf(response);
  }

  /** The next event; null when the watch has ended in order. @throws when it ends otherwise, or with half a line */
  async next(): Promise<WatchEvent | null> {
    const { value, done } = await this.lines.next();
    return done === true ? null : (JSON.parse(value) as WatchEvent);
  }

  /** So many events, each as its type and the name of its object. */
  async take(count: number): Promise<readonly string[]> {
    const events: string[] = [];
    for (let index = 0; index < count; index++) {
      const event = await this.next();
      events.push(event === null ? 'end' : `${event.type} ${event.object.metadata.name ?? ''}`.trim());
    }
    return events;
  }

  async close(): Promise<void> {
    await this.lines.return(undefined);
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
  if (text !== '') throw new Error(`it ended in the middle of a line: ${text.slice(0, 80)}`);
}
