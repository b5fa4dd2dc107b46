import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fleet } from './support/fleet.js';

/** The interactive documentation in a real browser: it works under its own content security policy, and alone. */
describe('the documentation page', () => {
  let fleet: Fleet;
  let browser: Browser;

  beforeAll(async () => {
    fleet = await Fleet.start({ apis: 1, workers: 0 });
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  it('shows every operation, with no console error and no request to another host', async () => {
    const page = await browser.newPage();
    const faults: string[] = [];
    const hosts = new Set<string>();
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) hosts.add(new URL(request.url()).host);
    });
    const response = await page.goto(`${fleet.api.url}/docs`);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
    await page.waitForSelector('.opblock');
    const document = await fleet.api.request<{ paths: Record<string, Record<string, unknown>> }>(
      'GET',
      '/openapi.json',
    );
    const operations = Object.values(document.body.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
    expect(faults).toEqual([]);
    expect([...hosts]).toEqual([new URL(fleet.api.url).host]);
  });
});
