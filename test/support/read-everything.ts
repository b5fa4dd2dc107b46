import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceView } from './api-client.js';

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get?: unknown }>>;
}

interface Route {
  readonly url: string;
  readonly isStream: boolean;
  /** Whether it is promised to answer; a page may not be there. */
  readonly isPromised: boolean;
}

/** Paths that the document leaves out, as they are not for its clients. */
const UNDOCUMENTED = ['/', '/docs', '/openapi.json'];
const OF_A_WORKER = ['/health', '/health/live', '/health/ready', '/metrics'];

/** Reads whatever can be read of a fleet, as pages, probes, scrapes and curious people do. */
export class ReadEverything {
  private constructor(
    private readonly routes: readonly Route[],
    private readonly key: string,
  ) {}

  /**
   * @param urls of processes; those without an API document are asked for what a worker answers
   * @param instance that is read wherever a route is about one, by both of its ids
   */
  static async prepare(urls: readonly string[], key: string, instance: InstanceView): Promise<ReadEverything> {
    const routes = await Promise.all(urls.map((url) => routesOf(url, instance)));
    const all = routes.flat();
    assert.ok(all.filter(({ url }) => url.includes(instance.id)).length >= 6, 'there are routes about an instance');
    assert.ok(
      all.some(({ isStream }) => isStream),
      'there are streams',
    );
    return new ReadEverything(all, key);
  }

  /**
   * @param options `lastingMs`: at least so long, evenly; default: as fast as it goes
   * @throws when a route does not answer as a read should
   */
  async once({ lastingMs = 0 }: { readonly lastingMs?: number } = {}): Promise<void> {
    const begun = Date.now();
    for (const [index, route] of this.routes.entries()) {
      const aheadMs = begun + (lastingMs * (index + 1)) / this.routes.length - Date.now();
      if (aheadMs > 0) await pause(aheadMs);
      if (route.isStream) {
        await this.begin(route.url);
        continue;
      }
      await this.read('GET', route);
      await this.read('HEAD', route);
      if (route.url.includes('/instances')) await this.read('GET', route, { prefer: 'min-fresh=0' });
    }
  }

  private async read(
    method: string,
    { url, isPromised }: Route,
    more: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const headers = { authorization: `Bearer ${this.key}`, ...more };
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(15_000) });
    const { status } = response;
    await response.arrayBuffer();
    assert.ok(isPromised ? status === 200 : status < 500, `${method} ${url} answered ${status}`);
  }

  /** A stream is read for its first words. */
  private async begin(url: string): Promise<void> {
    const leave = new AbortController();
    const response = await fetch(url, { headers: { authorization: `Bearer ${this.key}` }, signal: leave.signal });
    assert.equal(response.status, 200);
    await response.body?.getReader().read();
    leave.abort();
  }
}

function isForAdmins(operation: unknown): boolean {
  return JSON.stringify(operation).includes('at least the role **admin**');
}

function isOfACluster(operation: unknown): boolean {
  return JSON.stringify(operation).includes('"tags":["kubernetes"]');
}

async function routesOf(url: string, { id, novitaInstanceId = id }: InstanceView): Promise<readonly Route[]> {
  const answer = await fetch(`${url}/openapi.json`);
  if (!answer.ok) return OF_A_WORKER.map((path) => ({ url: `${url}${path}`, isStream: false, isPromised: true }));
  const { paths } = (await answer.json()) as OpenApi;
  const documented = Object.entries(paths).flatMap(([path, { get }]) => {
    if (get === undefined) return [];
    const isStream = JSON.stringify(get).includes('text/event-stream');
    return [path, path.replace('/api/v1/', '/api/')].flatMap((form) =>
      [id, novitaInstanceId].map((ref) => ({
        url: `${url}${form.replace('{id}', ref).replace('{code}', 'forbidden')}`,
        isStream,
        // Of other things than instances there is none with this id, some are for admins alone, and no cluster is mirrored.
        isPromised: (!form.includes('{id}') || form.includes('/instances/')) && !isForAdmins(get) && !isOfACluster(get),
      })),
    );
  });
  const others = UNDOCUMENTED.map((path) => ({ url: `${url}${path}`, isStream: false, isPromised: false }));
  return [...new Map([...others, ...documented].map((route) => [route.url, route])).values()];
}
