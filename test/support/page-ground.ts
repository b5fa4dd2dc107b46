import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { InstanceView } from './api-client.js';
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
    // What was made elsewhere is deleted by nobody but its owner.
    const take = async ({ id, origin }: InstanceView): Promise<string> => {
      const { status, body } =
        origin === 'discovered'
          ? await api.request('POST', '/api/v1/instances/bulk', { action: 'adopt', ids: [id] })
          : await api.request('DELETE', `/api/v1/instances/${id}`);
      return `${id}: ${status} ${JSON.stringify(body['code'] ?? body['items'] ?? '')}`;
    };
    await until('no instance is left', async () => {
      const { body } = await api.request<{ instances: InstanceView[] }>('GET', '/api/v1/instances?limit=200');
      if (body.instances.length === 0) return true;
      // It may be busy, or Redis away for a moment: what is not on its way yet is asked for again.
      const answers = await Promise.all(body.instances.filter(({ desired }) => desired !== 'deleted').map(take));
      // Shown as the cause when there is no end to it.
      throw new Error(`${body.instances.length} are left; the answers were ${JSON.stringify(answers)}`);
    });
  }

  private get started(): { readonly fleet: Fleet; readonly browser: Browser } {
    if (this.shared === null) throw new Error('the fleet is started before the first test, and not earlier');
    return this.shared;
  }
}
