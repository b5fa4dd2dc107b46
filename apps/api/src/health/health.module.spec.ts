import { QueueUnavailableError, WorkerPresence } from '@app/jobs';
import { HealthIndicatorRegistry } from '@app/platform';
import { expect, it } from 'vitest';
import { WorkerIndicator } from './health.module.js';

class Presence extends WorkerPresence {
  constructor(private readonly answer: () => Promise<boolean>) {
    super();
  }

  override isAnyAlive(): Promise<boolean> {
    return this.answer();
  }
}

async function detailsOf(answer: () => Promise<boolean>): Promise<unknown> {
  const registry = new HealthIndicatorRegistry();
  new WorkerIndicator(new Presence(answer), registry).onModuleInit();
  const [indicator] = registry.all();
  expect(indicator).toMatchObject({ name: 'workers', needed: false });
  return indicator?.check({ signal: new AbortController().signal });
}

it('says whether a worker is alive', async () => {
  expect(await detailsOf(() => Promise.resolve(true))).toEqual({ alive: true });
  expect(await detailsOf(() => Promise.resolve(false))).toEqual({ alive: false });
});

it('claims nothing while that cannot be known', async () => {
  const away = () => Promise.reject(new QueueUnavailableError('Redis is away'));
  expect(await detailsOf(away)).toEqual({});
});
