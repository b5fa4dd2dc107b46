import {
  attachToProcess,
  effectiveApiKeys,
  ensureDevelopmentKey,
  HttpSettings,
  listen,
  ProcessSettings,
  runMain,
} from '@app/platform';
import { readSettings } from '@app/settings';
import { createWorker } from './create-worker.js';
import { WORKER_MODULES } from './worker-modules.js';

/** Fulfilled once the process is up; one that cannot start ends. */
export const running = runMain(async () => {
  const settings = await readSettings();
  const http = settings.get(HttpSettings);
  const keys = effectiveApiKeys(http, await ensureDevelopmentKey(settings.get(ProcessSettings), http));
  const app = await createWorker({ processName: 'worker', settings, keys, workers: WORKER_MODULES });
  attachToProcess(app);
  const url = await listen(app, 'WORKER_PORT', http.WORKER_PORT, http.HOST);
  process.stdout.write(`worker runs; health and metrics on ${url}\n`);
});
