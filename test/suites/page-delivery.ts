import { once } from 'node:events';
import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.js';
import { violationsOf } from '../support/axe.js';
import { OPERATOR_KEY } from '../support/fleet.js';
import { FleetPage } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';

const VIEWS = ['', 'overview', 'activity', 'spend', 'sync', 'orphans'];
const FIRST_LOAD = 8;
/** When what the first view shows was there, in the clock of the machine. */
const READ_AT_MS = `performance.timeOrigin +
  Math.min(...performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/v1/instances'))
    .map(({ responseEnd }) => responseEnd))`;

/** How the page reaches a browser: few files that are kept, from any address, below any path, under a strict policy. Its API trusts a proxy on loopback. */
export function delivery(ground: PageGround): void {
  describe('the delivery of the page', () => {
    let api: ApiClient;
    let proxy: Server;
    let below: string;
    let ids: readonly string[];
    let opened: FleetPage | null = null;

    beforeAll(async () => {
      await ground.clear();
      ({ api } = ground.fleet);
      const names = ['delivered-1', 'delivered-2', 'delivered-3', 'delivered-4'];
      const made = await Promise.all(
        names.map((name) => api.create({ name, productName: 'RTX 4090', image: 'nginx' })),
      );
      ids = made.map(({ id }) => id);
      proxy = await showBelow('/fleet', api.url);
      below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/fleet`;
    });
    afterAll(async () => {
      await opened?.close();
      proxy?.closeAllConnections();
      proxy?.close();
    });

    /** The same page as in the test before, unless that was at another address. */
    const open = async (url: string): Promise<Page> => {
      if (opened?.url === url) return opened.page;
      await opened?.close();
      opened = await FleetPage.openSignedOut(ground.browser, url);
      return opened.page;
    };
    /** Waits for the instances, which is what the first view is for. */
    const showsInstances = async (page: Page): Promise<void> =>
      page.locator('#app main').getByText('delivered-1', { exact: true }).first().waitFor();
    const signIn = async (page: Page, url: string): Promise<void> => {
      await page.goto(`${url}/#key=${OPERATOR_KEY}`);
      await showsInstances(page);
    };
    /** Waits for whichever view it is. */
    const stands = async (page: Page): Promise<void> => page.locator('#app main h1').first().waitFor();

    it('the first view needs at most eight requests, and is loaded again from what was kept', async () => {
      const page = await open(api.url);
      const asked: Request[] = [];
      page.on('request', (request) => {
        if (request.url().startsWith('http')) asked.push(request);
      });
      const received = new Set<string>();
      page.on('requestfinished', (request) => received.add(request.url()));
      await signIn(page, api.url);
      const readAtMs = await page.evaluate<number>(READ_AT_MS);
      // When one was sent is known when its answer begins.
      await until('all are answered', async () => asked.every((request) => request.timing().startTime > 0));
      // The stream of events is begun when the first view stands.
      const streamAt = asked.findIndex((request) => request.url().endsWith('/api/v1/events'));
      expect(streamAt).toBeGreaterThan(0);
      const paths = asked
        .filter((request, index) => index < streamAt || request.timing().startTime <= readAtMs)
        .map((request) => new URL(request.url()).pathname);
      console.info(`the first view needs ${paths.length} requests of ${asked.length}: ${paths.join(' ')}`);
      expect(paths.length).toBeLessThanOrEqual(FIRST_LOAD);
      expect(paths.filter((path) => path.endsWith('.css'))).toHaveLength(1);
      expect(asked.filter((request) => request.url().endsWith('.map'))).toEqual([]);

      const had = new Set(received);
      await page.reload();
      await showsInstances(page);
      const resources = await page.evaluate<readonly { readonly name: string; readonly transferSize: number }[]>(
        "performance.getEntriesByType('resource').map(({ name, transferSize }) => ({ name, transferSize }))",
      );
      // What is only needed once something happens may come for the first time after the reload.
      const files = resources.filter(({ name }) => name.includes('/assets/') && had.has(name));
      expect(files.length).toBeGreaterThan(1);
      expect(files.filter(({ transferSize }) => transferSize > 0)).toEqual([]);
      opened?.isClean();
    });

    it('every view has an address that can be opened, reloaded and sent', async () => {
      const page = await open(api.url);
      // By itself this test is the first.
      if (page.url() === 'about:blank') await signIn(page, api.url);
      for (const view of [...VIEWS, `instances/${ids[0]}`]) {
        const answer = await page.goto(`${api.url}/${view}`, { waitUntil: 'commit' });
        expect([view, answer?.status()]).toEqual([view, 200]);
        await stands(page);
      }
      opened?.isClean();
    });

    it('below the path of a proxy, page and API name only addresses below it', async () => {
      const page = await open(below);
      const outside: string[] = [];
      page.on('request', (request) => {
        const { protocol, pathname } = new URL(request.url());
        if (protocol === 'http:' && !pathname.startsWith('/fleet/')) outside.push(pathname);
      });
      await signIn(page, below);
      for (const view of ['spend', `instances/${ids[1]}`]) {
        await page.goto(`${below}/${view}`, { waitUntil: 'commit' });
        await stands(page);
      }
      for (const document of ['errors', 'errors/instance-busy', 'nothing/at/all']) {
        await page.goto(`${below}/${document}`);
        expect(await home(page).evaluate(({ href }) => href as string)).toBe(`${below}/`);
      }
      await home(page).click();
      await page.waitForURL(`${below}/`);
      await stands(page);
      expect(outside).toEqual([]);
      opened?.isClean([/404/]);

      const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
      const list = await fetch(`${below}/api/v1/instances?limit=2`, { headers });
      const [, next = ''] = /<([^>]+)>; rel="next"/.exec(list.headers.get('link') ?? '') ?? [];
      expect(next).toMatch(/^\/fleet\/api\/v1\/instances\?/);
      const following = (await (await fetch(new URL(next, below), { headers })).json()) as { instances: unknown[] };
      expect(following.instances).toHaveLength(2);
      const stopped = await fetch(`${below}/api/v1/instances/${ids[2]}/stop`, { method: 'POST', headers });
      expect([200, 202]).toContain(stopped.status);
      const problem = (await (await fetch(`${below}/api/v1/instances/none`, { headers })).json()) as { type: string };
      expect((await fetch(new URL(problem.type, below))).status).toBe(200);
    });

    it('the pages beside it can be read in both themes', async () => {
      const page = await open(api.url);
      for (const document of ['errors', 'errors/instance-busy', 'nothing/at/all']) {
        await page.goto(`${api.url}/${document}`);
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          const violations = await violationsOf(page, { onlyColours: colorScheme === 'dark' });
          expect([document, colorScheme, violations]).toEqual([document, colorScheme, []]);
        }
      }
      opened?.isClean([/404/]);
    });

    it('the documentation shows every operation under its own policy, with no console error and no request to another host', async () => {
      const page = await open(api.url);
      const response = await page.goto(`${api.url}/docs`);
      expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
      const shown = page.locator('.opblock');
      await shown.first().waitFor();
      type Operations = Record<string, Record<string, unknown>>;
      const { body } = await api.request<{ paths: Operations; webhooks: Operations }>('GET', '/openapi.json');
      const operations = [body.paths, body.webhooks]
        .flatMap(Object.values<object>)
        .flatMap((path) => Object.keys(path));
      expect(await shown.count()).toBe(operations.length);
      await home(page).waitFor();
      // By classes: to find these by role or text, the browser would go through all of a very large document.
      await page.locator('.opblock-summary-description', { hasText: /^List instances$/ }).click();
      await page.locator('.try-out__btn').first().waitFor();
      opened?.isClean([/404/]);
    });

    it('sends files and long answers compressed, streams as they are, and maps to whom asks for them', async () => {
      const html = await (await fetch(api.url, { headers: { accept: 'text/html' } })).text();
      const [, script = ''] = /<script type="module" src="([^"]+)">/.exec(html) ?? [];
      const answer = await fetch(`${api.url}/${script}`, { headers: { 'accept-encoding': 'br' } });
      expect(answer.headers.get('content-encoding')).toBe('br');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const [, map = ''] = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(await answer.text()) ?? [];
      const sources = (await (await fetch(new URL(map, answer.url))).json()) as { sources: string[] };
      expect(sources.sources).toContain('src/main.js');

      const headers = { authorization: `Bearer ${OPERATOR_KEY}`, 'accept-encoding': 'gzip' };
      const list = await fetch(`${api.url}/api/v1/instances`, { headers });
      expect(list.headers.get('content-encoding')).toBe('gzip');
      expect(list.headers.get('vary')).toContain('Accept-Encoding');
      await until('the list is not sent again while it is the same', async () => {
        const { headers: present } = await fetch(list.url, { headers });
        const known = await fetch(list.url, { headers: { ...headers, 'if-none-match': present.get('etag') ?? '' } });
        return known.status === 304;
      });
      const ending = new AbortController();
      const events = await fetch(`${api.url}/api/v1/events`, { headers, signal: ending.signal });
      expect([events.status, events.headers.get('content-encoding')]).toEqual([200, null]);
      ending.abort();
      expect(((await list.json()) as { total: number }).total).toBe(ids.length);
    });
  });
}

/** The way back to the page, on what is beside it. */
function home(page: Page): Locator {
  return page.locator('a').filter({ hasText: /^\s*novita-fleet\s*$/ });
}

/** What `location /fleet/ { proxy_pass http://api/; proxy_set_header X-Forwarded-Prefix /fleet; }` is in nginx. */
async function showBelow(path: string, target: string): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { url = '/', method, headers } = incoming;
    if (!url.startsWith(`${path}/`)) {
      outgoing.writeHead(502).end();
      return;
    }
    const forwarded = ask(
      `${target}${url.slice(path.length)}`,
      { method, headers: { ...headers, 'x-forwarded-prefix': path } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
