import { attachToProcess, effectiveApiKeys, ensureDevelopmentKey, readSettings, runMain } from '@app/platform';
import { createWorker } from './create-worker.js';
import { WORKER_MODULES } from './worker-modules.js';

await runMain(async () => {
  const settings = await readSettings();
  const keys = effectiveApiKeys(settings, await ensureDevelopmentKey(settings, settings.DATA_DIR));
  const app = await createWorker({ processName: 'worker', settings, keys, workers: WORKER_MODULES });
  attachToProcess(app);
  await app.listen(settings.WORKER_PORT, settings.HOST);
  process.stdout.write(`worker runs; health and metrics on ${await app.getUrl()}\n`);
});
