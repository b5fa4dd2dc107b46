import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { PATIENCE_MS } from './until.js';

/** A page of which nothing that goes wrong is missed: console errors, exceptions, alerts, requests to other hosts. */
export class WatchedPage {
  /** Errors of the console, each with the path of what it is about, exceptions and alerts; in order. */
  readonly faults: string[] = [];
  /** Every host that was asked for something. */
  readonly hosts = new Set<string>();

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(`${message.text()} ${pathOf(message.location().url)}`.trim());
    });
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('dialog', (dialog) => {
      this.faults.push(`${dialog.type()}: ${dialog.message()}`);
      // A page that is closed meanwhile has no dialog any more.
      dialog.dismiss().catch(() => undefined);
    });
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'blob:') this.hosts.add(host);
    });
  }

  /** In a context of its own: nothing is shared with other pages. What turns and slides would be drawn sixty times a second. */
  static async open(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const viewport = { width: 1440, height: 900 };
    const context = await browser.newContext({ viewport, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return new WatchedPage(await context.newPage());
  }

  async close(): Promise<void> {
    // A request that a test stands in for may be under way.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.page.context().close();
  }
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
