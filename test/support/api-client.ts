import { PATIENCE_MS, until } from './until.js';

/** What a test reads of an instance in an answer. */
export interface InstanceView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly novitaInstanceId?: string;
  readonly novitaStatus?: string;
  readonly marker: string;
  readonly desired: string;
  readonly confirmedAt: string | null;
  readonly lastError?: { readonly code: string; readonly message: string; readonly suggestion: string };
  readonly portMappings: readonly { readonly port: number; readonly endpoint?: string }[];
  readonly [field: string]: unknown;
}

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A client as a stranger would write it: fetch, a key, JSON. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly key: string | null,
  ) {}

  async request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(this.key === null ? {} : { authorization: `Bearer ${this.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : { text }) as Body };
  }

  /** Asks again when the answer says to come later: a process that is starved takes its Redis for away. */
  async create(body: Record<string, unknown>): Promise<InstanceView> {
    const answer = await until('a create is taken or refused', async () => {
      const answer = await this.request<InstanceView>('POST', '/api/v1/instances', body);
      return answer.status !== 503 && answer;
    });
    if (answer.status !== 201) throw new Error(`create answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async get(id: string): Promise<InstanceView> {
    const answer = await this.request<InstanceView>('GET', `/api/v1/instances/${id}`);
    if (answer.status !== 200) throw new Error(`get answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }
}
