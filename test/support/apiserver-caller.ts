import { Agent, type Dispatcher, request } from 'undici';

export interface ApiserverCall {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Of the body; default JSON. */
  readonly type?: string;
  readonly accept?: string;
  /** Null to show none; default that of the administrator. */
  readonly token?: string | null;
}

export interface ApiserverAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** What JSON says, or the text of anything else. */
  readonly body: unknown;
}

export interface ApiserverEvent {
  readonly type: string;
  readonly object: Readonly<Record<string, unknown>>;
}

/** Calls an apiserver as any client of HTTP would. */
export class ApiserverCaller {
  private agent: Agent;

  /** @param ca PEM text of whom it trusts */
  constructor(
    readonly url: string,
    private readonly token: string,
    private readonly ca: string | null,
  ) {
    this.agent = this.newAgent();
  }

  async call(call: ApiserverCall): Promise<ApiserverAnswer> {
    const { statusCode, headers, body } = await this.send(call);
    const text = await body.text();
    const isJson = String(headers['content-type']).includes('json');
    return { status: statusCode, headers: flat(headers), body: isJson && text !== '' ? JSON.parse(text) : text };
  }

  /** @returns what it answers @throws Error when that is no success */
  async ok(call: ApiserverCall): Promise<Readonly<Record<string, unknown>>> {
    const { status, body } = await this.call(call);
    if (status >= 300)
      throw new Error(`${call.method ?? 'GET'} ${call.path} answered ${status}: ${JSON.stringify(body)}`);
    return body as Readonly<Record<string, unknown>>;
  }

  /**
   * The events of a watch, as they come; whoever leaves the loop ends the watch.
   *
   * @throws Error when it is answered otherwise
   */
  async *watch(call: ApiserverCall): AsyncGenerator<ApiserverEvent> {
    const { statusCode, body } = await this.send(call);
    if (statusCode !== 200) throw new Error(`the watch ${call.path} was answered ${statusCode}: ${await body.text()}`);
    let text = '';
    for await (const chunk of body.setEncoding('utf8')) {
      text += String(chunk);
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        yield JSON.parse(text.slice(0, end)) as ApiserverEvent;
        text = text.slice(end + 1);
      }
    }
  }

  /** The first so many events of a watch. */
  async firstEvents(call: ApiserverCall, count: number): Promise<readonly ApiserverEvent[]> {
    const events: ApiserverEvent[] = [];
    for await (const event of this.watch(call)) {
      events.push(event);
      if (events.length === count) break;
    }
    return events;
  }

  /** After a restart of the server: what is written on a connection of before is lost. */
  async reconnect(): Promise<void> {
    await this.agent.destroy();
    this.agent = this.newAgent();
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private newAgent(): Agent {
    return new Agent({ connect: this.ca === null ? {} : { ca: this.ca } });
  }

  private async send({
    method = 'GET',
    path,
    body,
    type,
    accept,
    token,
  }: ApiserverCall): Promise<Dispatcher.ResponseData> {
    const shown = token === undefined ? this.token : token;
    return request(this.url + path, {
      dispatcher: this.agent,
      method,
      headers: {
        'user-agent': 'the-test-itself',
        ...(shown === null ? {} : { authorization: `Bearer ${shown}` }),
        ...(accept === undefined ? {} : { accept }),
        ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }
}

function flat(headers: Dispatcher.ResponseData['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
