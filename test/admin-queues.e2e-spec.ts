import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './support/browser.js';
import { Fleet, OPERATOR_KEY } from './support/fleet.js';
import { until } from './support/until.js';
import { WatchedPage } from './support/watched-page.js';

const ADMIN_KEY = 'admin-key-for-tests-only-00';

/** The board of the queues in a real browser: it works under a policy without `unsafe-inline`, and alone. */
describe('the queues', () => {
  let fleet: Fleet;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    fleet = await Fleet.start({
      apis: 2,
      workers: 1,
      env: { API_KEYS: `root:admin:${ADMIN_KEY},ops:operator:${OPERATOR_KEY}` },
    });
    browser = await launchBrowser();
    watched = await WatchedPage.open(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  const at = (path: string, pod = 0): string => `${fleet.clients[pod]?.url}${path}`;

  it('are closed to a browser that only follows the link, and it says how to open them', async () => {
    const stranger = await WatchedPage.open(browser);
    const response = await stranger.page.goto(at('/admin/queues'));
    expect(response?.status()).toBe(401);
    await stranger.page.getByRole('link', { name: 'The page of the fleet' }).click();
    expect(new URL(stranger.page.url()).pathname).toBe('/');
    await stranger.close();
  });

  it('open with a session, at any pod, and show what is in them', async () => {
    const { id } = await fleet.api.create({ name: 'seen', productName: 'RTX 4090', image: 'nginx:latest' });
    await until('it is ready', async () => (await fleet.api.get(id)).status === 'ready');

    const { page } = watched;
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    expect((await page.request.post(at('/admin/queues/session'), { headers })).status()).toBe(204);
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({ path: '/admin/queues', httpOnly: true, sameSite: 'Strict', secure: false }),
    ]);

    const policy = (await page.goto(at('/admin/queues')))?.headers()['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    for (const queue of ['lifecycle', 'sync', 'auto-stop'])
      await page.getByRole('link', { name: queue }).first().waitFor();

    await page.getByRole('link', { name: 'lifecycle' }).first().click();
    await page.getByText('RECONCILE_INSTANCE').or(page.getByText('STARTUP_MONITOR')).first().waitFor();
    await page.getByText(id).first().waitFor();

    // A cookie belongs to a host, whatever its port: the other pod gets it as well, and knows it.
    await page.goto(at('/admin/queues/job-schedulers', 1));
    await page.getByText('AUTO_STOP_CHECK').first().waitFor();
  });

  it('offer nothing that would change them', async () => {
    const { page } = watched;
    await page.goto(at('/admin/queues/queue/lifecycle'));
    await page.getByRole('button', { name: 'Queue info' }).click();
    await page.getByRole('dialog').getByText('Read-only').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    for (const name of [/retry/i, /clean/i, /pause/i, /promote/i, /empty/i, /obliterate/i, /add job/i]) {
      expect([name, await page.getByRole('button', { name }).count()]).toEqual([name, 0]);
    }
  });

  it('close when the session is ended', async () => {
    const { page } = watched;
    expect((await page.request.delete(at('/admin/queues/session'))).status()).toBe(204);
    expect(await page.context().cookies()).toEqual([]);
    expect(watched.faults).toEqual([]);
    expect((await page.goto(at('/admin/queues')))?.status()).toBe(401);
  });

  it('asked no other host for anything', () => {
    expect([...watched.hosts].toSorted()).toEqual(fleet.clients.map(({ url }) => new URL(url).host).toSorted());
  });
});
