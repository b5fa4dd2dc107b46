import type { Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/api-client.js';
import type { Fleet } from '../support/fleet.js';
import { FleetPage } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { killRedis } from '../support/redis-outage.js';
import { SyncClient } from '../support/sync-client.js';
import { until } from '../support/until.js';

/** Between two tries of the page to come back. */
const LONGEST_PAUSE_MS = 15_000;
/** After less the connection is kept. */
const HIDDEN_MS = 31_000;

/** What the page says and does when something that it stands on is away, and when that comes back. */
export function away(ground: PageGround): void {
  describe('the page in trouble', () => {
    let fleet: Fleet;
    /** Of a pod that the page is not at. */
    let elsewhere: ApiClient;
    /** One document for all tests, which outlives whatever goes away. */
    let view: FleetPage;

    beforeAll(async () => {
      ({ fleet } = ground);
      elsewhere = fleet.clients[1] as ApiClient;
      await new SyncClient(elsewhere).becomes('completed');
      view = await FleetPage.openSignedOut(ground.browser, fleet.api.url);
      await view.page.clock.install();
      await view.signIn();
      await view.page.evaluate('globalThis.isSameDocument = true');
    });
    afterEach(() => {
      // Each test judges its own.
      view.watched.faults.length = 0;
    });
    afterAll(() => view?.close());

    /** An instance of ours that the page shows as it is. */
    async function showNew(name: string): Promise<string> {
      const { id } = await elsewhere.create({ name, productName: 'RTX 4090', image: 'nginx' });
      await view.hasStatus(name, 'Ready');
      await isLive();
      return id;
    }

    const isLive = (): Promise<void> => view.marks('freshness', 'Live');
    const isSameDocument = async (): Promise<boolean> =>
      (await view.page.evaluate<unknown>('globalThis.isSameDocument')) === true;

    it('Redis away: it says so, keeps what it shows and marks it, refuses plainly, and goes on by itself', async () => {
      const id = await showNew('redis');
      const reloaded = await FleetPage.open(ground.browser, fleet.api.url);
      await killRedis(fleet);
      await view.marks('health', 'Redis away');
      await view.marks('freshness', 'no Redis: reading only');
      await view.page
        .getByText(
          /^Degraded since \d.*: Redis cannot be reached\. The list shows the instances as this service knows them/,
        )
        .first()
        .waitFor();
      await view.hasStatus('redis', 'Ready');
      await reloaded.page.reload();
      await reloaded.page.locator('.sandbox-badge').waitFor();
      await reloaded.close();
      await view.command('redis', 'Restart');
      await view.warned(/redis: Redis is away, so .*Try again after \d+ s\./).waitFor();
      await view.hasStatus('redis', 'Ready');

      await fleet.redis.start();
      await isLive();
      await view.marks('health', 'All well');
      await view.page
        .getByText(/^Degraded since/)
        .first()
        .waitFor({ state: 'hidden' });
      // Nothing was lost, and what happens now is shown.
      await until('another client can stop it', async () => {
        const { status } = await elsewhere.request('POST', `/api/v1/instances/${id}/stop`);
        return status < 300;
      });
      await view.hasStatus('redis', 'Stopped');
      await view.command('redis', 'Start');
      await view.hasStatus('redis', 'Ready');
      expect(await isSameDocument()).toBe(true);
      view.isClean([
        / 503 .* (\/health|\/api\/v1\/(dashboard|instances(\/summary|\/[^/]+\/restart)?|sync\/(status|history)))$/,
      ]);
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)(
      'an API that goes by %s: it says so, comes back by itself where it was, and misses nothing',
      async (signal) => {
        const name = `api-${signal.toLowerCase()}`;
        const id = await showNew(name);
        const { port } = new URL(fleet.api.url);
        await fleet.apis.shift()?.end(signal);
        await view.marks('health', 'Not answering');
        await view.page
          .getByText(/^The API does not answer; what you see is from \d/)
          .first()
          .waitFor();
        await view.marks('freshness', /^as of \d+ s ago$/);
        await view.hasStatus(name, 'Ready');
        await view.command(name, 'Stop');
        await view.warned(`${name}: The API cannot be reached. Check the connection`).waitFor();

        expect((await elsewhere.request('POST', `/api/v1/instances/${id}/stop`)).status).toBeLessThan(300);
        await elsewhere.create({ name: `${name}-new`, productName: 'RTX 4090', image: 'nginx' });
        const resumed = view.page.waitForRequest((request) => request.url().endsWith('/api/v1/events'));
        await fleet.addApi({ PORT: port });
        fleet.apis.unshift(...fleet.apis.splice(-1));
        // It tries again by itself, less and less often.
        await view.page.clock.fastForward(LONGEST_PAUSE_MS);
        expect((await resumed).headers()['last-event-id']).toMatch(/^\d+-\d+$/);
        await isLive();
        await view.marks('health', 'All well');
        await view.hasStatus(name, 'Stopped');
        await view.hasStatus(`${name}-new`, 'Ready');
        await view.page
          .getByText(/^The API does not answer/)
          .first()
          .waitFor({ state: 'detached' });
        expect(await isSameDocument()).toBe(true);
        // A process that is about to go says so.
        view.isClean([/net::ERR_/, / 503 .* \/health$/]);
      },
    );

    it('a hidden tab gives its connection back, and has missed nothing when it is seen again', async () => {
      const id = await showNew('hidden');
      const { page } = view;
      const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/api/v1/events'));
      await turn('hidden');
      await page.clock.fastForward(HIDDEN_MS);
      await ended;
      let connections = 0;
      const isConnection = (request: Request): boolean => request.url().endsWith('/api/v1/events');
      page.on('request', (request) => {
        if (isConnection(request)) connections += 1;
      });
      await elsewhere.request('POST', `/api/v1/instances/${id}/stop`);
      await until('it is stopped', async () => (await elsewhere.get(id)).status === 'stopped');
      expect(connections).toBe(0);

      const resumed = page.waitForRequest(isConnection);
      await turn('visible');
      expect((await resumed).headers()['last-event-id']).toMatch(/^\d+-\d+$/);
      await isLive();
      await view.hasStatus('hidden', 'Stopped');
      expect(await isSameDocument()).toBe(true);
      view.isClean();

      async function turn(state: 'hidden' | 'visible'): Promise<void> {
        await page.evaluate(`Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' });
          document.dispatchEvent(new Event('visibilitychange'));`);
      }
    });
  });
}
