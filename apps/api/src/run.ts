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
import { createApi } from './create-api.js';
import { FLEET_MODULES } from './fleet-modules.js';

/** Fulfilled once the process is up; one that cannot start ends. */
export const running = runMain(async () => {
  const settings = await readSettings();
  const http = settings.get(HttpSettings);
  const developmentKey = await ensureDevelopmentKey(settings.get(ProcessSettings), http);
  const keys = effectiveApiKeys(http, developmentKey);
  const app = await createApi({ processName: 'api', settings, keys, fleet: FLEET_MODULES });
  attachToProcess(app);
  const url = await listen(app, 'PORT', http.PORT, http.HOST);
  const key = developmentKey === null ? '' : `; key ${developmentKey.key} (kept in ${developmentKey.path})`;
  process.stdout.write(`api listens on ${url}${key}\n`);
});
