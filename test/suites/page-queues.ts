import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { KEY_OF } from '../support/fleet-page.js';
import type { PageGround } from '../support/page-ground.js';
import { until } from '../support/until.js';
import { WatchedPage } from '../support/watched-page.js';

/** The board of the queues in a real browser: it works under a policy without `unsafe-inline`, and alone. */
export function queues(ground: PageGround): void {
  describe('the queues', () => {
    let watched: WatchedPage;

    beforeAll(async () => {
      await ground.clear();
      watched = await WatchedPage.open(ground.browser);
    });

    const at = (path: string, pod = 0): string => `${ground.fleet.clients[pod]?.url}${path}`;
    const linkTo = (queue: string): Locator => watched.page.locator(`a[href*="/queue/${queue}"]`).first();

    it('are closed to a browser that only follows the link, and it says how to open them', async () => {
      const stranger = await WatchedPage.open(ground.browser);
      const response = await stranger.page.goto(at('/admin/queues'));
      expect(response?.status()).toBe(401);
      await stranger.page.locator('a').getByText('The page of the fleet').click();
      expect(new URL(stranger.page.url()).pathname).toBe('/');
      await stranger.close();
    });

    it('open with a session, at any pod, and show what is in them', async () => {
      const { api } = ground.fleet;
      const { id } = await api.create({ name: 'seen-in-queue', productName: 'RTX 4090', image: 'nginx:latest' });
      await until('it is ready', async () => (await api.get(id)).status === 'ready');

      const { page } = watched;
      const headers = { authorization: `Bearer ${KEY_OF.admin}` };
      expect((await page.request.post(at('/admin/queues/session'), { headers })).status()).toBe(204);
      expect(await page.context().cookies()).toEqual([
        expect.objectContaining({ path: '/admin/queues', httpOnly: true, sameSite: 'Strict', secure: false }),
      ]);

      const policy = (await page.goto(at('/admin/queues')))?.headers()['content-security-policy'];
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain('unsafe');
      for (const queue of ['lifecycle', 'sync', 'auto-stop']) await linkTo(queue).waitFor();

      await linkTo('lifecycle').click();
      await page.getByText('RECONCILE_INSTANCE').or(page.getByText('STARTUP_MONITOR')).first().waitFor();
      await page.getByText(id).first().waitFor();

      // A cookie belongs to a host, whatever its port: the other pod gets it as well, and knows it.
      await page.goto(at('/admin/queues/job-schedulers', 1));
      await page.getByText('AUTO_STOP_CHECK').first().waitFor();
    });

    it('offer nothing that would change them', async () => {
      const { page } = watched;
      await linkTo('lifecycle').click();
      const info = page.locator('button[aria-label="Queue info"]');
      await info.click();
      const dialog = page.locator('[role=dialog]');
      await dialog.getByText('Read-only').waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      // By all that a button can be called after.
      const names = await page.locator('button, [role=button], [role=menuitem]').evaluateAll((all) =>
        all.map((button) =>
          ['aria-label', 'title']
            .map((name) => button.getAttribute(name))
            .concat(button.textContent)
            .join(' '),
        ),
      );
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => /retry|clean|pause|promote|empty|obliterate|add job/i.test(name))).toEqual([]);
    });

    it('close when the session is ended', async () => {
      const { page } = watched;
      // What the board asks for afterwards is refused, and its console says so.
      expect(watched.faults).toEqual([]);
      expect((await page.request.delete(at('/admin/queues/session'))).status()).toBe(204);
      expect(await page.context().cookies()).toEqual([]);
      expect((await page.goto(at('/admin/queues')))?.status()).toBe(401);
    });

    it('asked no other host for anything', () => {
      expect([...watched.hosts].toSorted()).toEqual(
        ground.fleet.clients.map(({ url }) => new URL(url).host).toSorted(),
      );
    });
  });
}
