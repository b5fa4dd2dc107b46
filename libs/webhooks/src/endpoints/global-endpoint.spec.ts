import { FakeClock } from '@app/testing';
import { describe, expect, it } from 'vitest';
import { webhookOptions } from '../../test/support/webhook-world.js';
import { GLOBAL_ENDPOINT_ID } from '../model/endpoint.js';
import { memoryWebhookStore } from '../store/webhook-store.js';
import { GlobalEndpoint } from './global-endpoint.js';

describe('the endpoint of WEBHOOK_URL', () => {
  const clock = new FakeClock();
  const { endpoints } = memoryWebhookStore({ emit: () => undefined }, { holds: () => true }, clock);
  const start = (globalUrl: string | null): Promise<void> =>
    new GlobalEndpoint(endpoints, { ...webhookOptions(), globalUrl }, clock).settle();
  const stored = () => endpoints.get(GLOBAL_ENDPOINT_ID);

  it('is what the settings of the latest start say', async () => {
    await start(null);
    expect(await stored()).toBeNull();
    await start('https://a.example');
    expect(await stored()).toMatchObject({
      kind: 'global',
      url: 'https://a.example',
      state: { kind: 'active' },
      revision: 1,
    });
    await start('https://a.example');
    expect(await stored()).toMatchObject({ revision: 1 });
    await start('https://b.example');
    expect(await stored()).toMatchObject({ url: 'https://b.example', revision: 2 });
    await start(null);
    expect(await stored()).toMatchObject({ state: { kind: 'disabled', reason: 'unset' }, revision: 3 });
    await start(null);
    expect(await stored()).toMatchObject({ revision: 3 });
    await start('https://b.example');
    expect(await stored()).toMatchObject({ state: { kind: 'active' }, revision: 4 });
  });

  it('is made again when it is gone with the data, and is not changed by a worker that runs already', async () => {
    const known = await stored();
    const running = (globalUrl: string | null): Promise<boolean> =>
      new GlobalEndpoint(endpoints, { ...webhookOptions(), globalUrl }, clock).restore();
    expect(await running('https://other.example')).toBe(false);
    expect(await stored()).toEqual(known);
    await endpoints.remove(GLOBAL_ENDPOINT_ID, known?.revision ?? 0);
    expect(await running(null)).toBe(false);
    expect(await stored()).toBeNull();
    expect(await running('https://b.example')).toBe(true);
    expect(await stored()).toMatchObject({ url: 'https://b.example', state: { kind: 'active' } });
  });

  it('stays disabled over a restart when it was so for its answers', async () => {
    const endpoint = await stored();
    if (endpoint === null) throw new Error('there is none');
    await endpoints.disable(endpoint, 'gone-410');
    await start('https://b.example');
    expect(await stored()).toMatchObject({ state: { kind: 'disabled', reason: 'gone-410' } });
    await start('https://c.example');
    expect(await stored()).toMatchObject({ url: 'https://c.example', state: { kind: 'active' } });
  });
});
