import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { closePages, openBrowser } from './browser.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { until } from './until.js';

/** A fleet and a browser that the suites of one file share: to start either costs more than most tests. */
export class PageGround {
  private shared: { readonly fleet: Fleet; readonly browser: Browser } | null = null;

  private constructor() {}

  /** There from before the first test of the present file until after its last one. */
  static ofThisFile(options: FleetOptions): PageGround {
    const ground = new PageGround();
    beforeAll(async () => {
      const [fleet, browser] = await Promise.all([Fleet.start(options), openBrowser()]);
      ground.shared = { fleet, browser };
    });
    afterAll(async () => {
      await closePages(ground.shared?.browser);
      await ground.shared?.fleet.stop();
    });
    return ground;
  }

  get fleet(): Fleet {
    return this.started.fleet;
  }

  get browser(): Browser {
    return this.started.browser;
  }

  /** Takes away what suites have left, so that the next one finds the same whether any came before it or none. */
  async clear(): Promise<void> {
    await closePages(this.browser);
    const { api, sandbox } = this.fleet;
    sandbox.faults.clear();
    const listed = async (): Promise<readonly { readonly id: string }[]> =>
      (await api.request<{ instances: { id: string }[] }>('GET', '/api/v1/instances?limit=200')).body.instances;
    await Promise.all((await listed()).map(({ id }) => api.request('DELETE', `/api/v1/instances/${id}`)));
    await until('no instance is left', async () => (await listed()).length === 0);
  }

  private get started(): { readonly fleet: Fleet; readonly browser: Browser } {
    if (this.shared === null) throw new Error('the fleet is started before the first test, and not earlier');
    return this.shared;
  }
}
