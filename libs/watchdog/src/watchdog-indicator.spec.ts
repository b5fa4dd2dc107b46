import { HealthIndicatorRegistry, MINUTE_MS } from '@app/platform';
import { FakeClock } from '@app/testing';
import { expect, it } from 'vitest';
import { WatchdogIndicator } from './watchdog-indicator.js';
import { MemoryWatchdogPresence } from './watchdog-presence.js';

it('shows when a watchdog looked last, that none ever did, and that one is gone', async () => {
  const clock = new FakeClock();
  const presence = new MemoryWatchdogPresence();
  const registry = new HealthIndicatorRegistry();
  new WatchdogIndicator(presence, clock, registry).onModuleInit();
  const signal = AbortSignal.timeout(10_000);
  const details = () => registry.all()[0]?.check({ signal });
  expect(await details()).toEqual({ lastSeen: 'never' });
  await presence.note({ at: clock.timestamp(), dryRun: true, remembered: 7 });
  clock.advance(MINUTE_MS);
  expect(await details()).toMatchObject({ lastSeenAgeSeconds: 60, dryRun: true, remembered: 7 });
  expect(await details()).not.toHaveProperty('degraded');
  clock.advance(30 * MINUTE_MS);
  expect(await details()).toMatchObject({ degraded: expect.stringContaining('not looked') as string });
});
