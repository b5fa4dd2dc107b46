import type { Sandbox } from '@app/sandbox';
import { OpenApiDocument } from './openapi-document.js';

export type Body = Record<string, unknown>;

export interface CheckedAnswer {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export interface CallInput {
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** Default `test-key`; null sends no Authorization. */
  readonly key?: string | null;
  readonly signal?: AbortSignal;
}

const documented = new OpenApiDocument();

/** Calls operations by name, and fails when an answer is not as the OpenAPI document says. */
export class CheckedClient {
  constructor(private readonly sandbox: Sandbox) {}

  async call(operationId: string, input: CallInput = {}): Promise<CheckedAnswer> {
    const response = await this.send(operationId, input);
    const body: unknown = await response.json();
    const faults = documented.faultsOf(operationId, response.status, body);
    if (faults.length > 0) {
      throw new Error(`${operationId} answered ${response.status} against the document: ${faults.join('; ')}`);
    }
    return { status: response.status, body: body as Body, headers: response.headers };
  }

  /** The same without looking at the answer. */
  send(operationId: string, { query = {}, body, key = 'test-key', signal }: CallInput = {}): Promise<Response> {
    const { method, path } = documented.route(operationId);
    const url = new URL(path, this.sandbox.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** @throws when it is not answered with 200 */
  async ok(operationId: string, input: CallInput = {}): Promise<Body> {
    const { status, body } = await this.call(operationId, input);
    if (status !== 200) throw new Error(`${operationId} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** @returns `status reason message` of a call that is refused */
  async refusal(operationId: string, input: CallInput = {}): Promise<string> {
    const { status, body } = await this.call(operationId, input);
    return `${status} ${String(body['reason'])} ${String(body['message'])}`;
  }

  /** @returns its id */
  async create(changes: Body = {}): Promise<string> {
    const { id } = await this.ok('createInstance', { body: { ...ORDER, ...changes } });
    return String(id);
  }

  async status(id: string): Promise<unknown> {
    return (await this.ok('getInstance', { query: { instanceId: id } }))['status'];
  }

  async listed(query: Readonly<Record<string, string | number>> = {}): Promise<{ ids: string[]; total: number }> {
    const body = await this.ok('listInstances', { query });
    const items = body['instances'] as readonly { readonly id: string }[];
    return { ids: items.map(({ id }) => id), total: Number(body['total']) };
  }
}

/** A create call that is accepted. */
export const ORDER = {
  name: 'trainer-1',
  productId: '4090.16c62g.us',
  gpuNum: 1,
  rootfsSize: 60,
  imageUrl: 'registry.example.com/trainer:1',
  kind: 'gpu',
  clusterId: '1',
  ports: '8080/http,22/tcp',
} as const;
