import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from './support/browser.js';
import { Fleet } from './support/fleet.js';
import { WatchedPage } from './support/watched-page.js';

/** The interactive documentation in a real browser: it works under its own content security policy, and alone. */
describe('the documentation page', () => {
  let fleet: Fleet;
  let browser: Browser;

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 1, workers: 0 });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  it('shows every operation, with no console error and no request to another host', async () => {
    const watched = await WatchedPage.open(browser);
    const { page, faults, hosts } = watched;
    const response = await page.goto(`${fleet.api.url}/docs`);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
    await page.waitForSelector('.opblock');
    type Operations = Record<string, Record<string, unknown>>;
    const { body } = await fleet.api.request<{ paths: Operations; webhooks: Operations }>('GET', '/openapi.json');
    const operations = [body.paths, body.webhooks].flatMap(Object.values<object>).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    expect(faults).toEqual([]);
    expect([...hosts]).toEqual([new URL(fleet.api.url).host]);
    await watched.close();
  });
});
