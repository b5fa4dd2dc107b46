import { attachToProcess, effectiveApiKeys, ensureDevelopmentKey, listen, readSettings, runMain } from '@app/platform';
import { createApi } from './create-api.js';
import { FLEET_MODULES } from './fleet-modules.js';

await runMain(async () => {
  const settings = await readSettings();
  const developmentKey = await ensureDevelopmentKey(settings, settings.DATA_DIR);
  const keys = effectiveApiKeys(settings, developmentKey);
  const app = await createApi({ processName: 'api', settings, keys, fleet: FLEET_MODULES });
  attachToProcess(app);
  const url = await listen(app, 'PORT', settings.PORT, settings.HOST);
  const key = developmentKey === null ? '' : `; key ${developmentKey.key} (kept in ${developmentKey.path})`;
  process.stdout.write(`api listens on ${url}${key}\n`);
});
