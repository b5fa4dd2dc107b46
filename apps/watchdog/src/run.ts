import { attachToProcess, HttpSettings, listen, readSections, runMain } from '@app/platform';
import { WatchdogSettings } from '@app/watchdog';
import { createWatchdog, watchdogSettings } from './create-watchdog.js';

/** Fulfilled once the process is up; one that cannot start ends. */
export const running = runMain(async () => {
  const settings = await watchdogSettings(readSections);
  const app = await createWatchdog(settings);
  attachToProcess(app);
  const { WATCHDOG_PORT } = settings.get(WatchdogSettings);
  const url = await listen(app, 'WATCHDOG_PORT', WATCHDOG_PORT, settings.get(HttpSettings).HOST);
  process.stdout.write(`watchdog runs; health and metrics on ${url}\n`);
});
