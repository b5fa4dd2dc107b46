import { attachToProcess, effectiveApiKeys, ensureDevelopmentKey, listen, readSettings, runMain } from '@app/platform';
import { createWorker } from './create-worker.js';
import { WORKER_MODULES } from './worker-modules.js';

await runMain(async () => {
  const settings = await readSettings();
  const keys = effectiveApiKeys(settings, await ensureDevelopmentKey(settings, settings.DATA_DIR));
  const app = await createWorker({ processName: 'worker', settings, keys, workers: WORKER_MODULES });
  attachToProcess(app);
  const url = await listen(app, 'WORKER_PORT', settings.WORKER_PORT, settings.HOST);
  process.stdout.write(`worker runs; health and metrics on ${url}\n`);
});
