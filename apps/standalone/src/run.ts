import { NovitaSettings } from '@app/novita-client';
import {
  attachToProcess,
  effectiveApiKeys,
  ensureDevelopmentKey,
  HttpSettings,
  listen,
  ProcessSettings,
  runMain,
} from '@app/platform';
import { RedisSettings } from '@app/redis';
import { readSettings } from '@app/settings';
import { createStandalone } from './create-standalone.js';
import { greetingText } from './greeting.js';

/** Fulfilled once the process is up; one that cannot start ends. */
export const running = runMain(async () => {
  const own = await readSettings();
  // Loaded only when it is wanted: the sandbox is no part of production.
  const firstLook =
    own.get(NovitaSettings).NOVITA_API_KEY === null
      ? await (await import('./first-look.js')).startFirstLook(own)
      : null;
  const settings = firstLook === null ? own : await readSettings(firstLook.overrides);
  const http = settings.get(HttpSettings);
  const developmentKey = await ensureDevelopmentKey(settings.get(ProcessSettings), http);
  const keys = effectiveApiKeys(http, developmentKey);
  const app = await createStandalone({ processName: 'standalone', settings, keys });
  attachToProcess(app);
  const url = await listen(app, 'PORT', http.PORT, http.HOST);
  process.stdout.write(
    greetingText({
      url,
      key: developmentKey?.key ?? null,
      keyPath: developmentKey?.path ?? null,
      sandboxUrl: firstLook?.sandbox.url ?? null,
      redis: settings.get(RedisSettings).redisUrl !== null,
      novitaUrl: settings.get(NovitaSettings).NOVITA_API_BASE_URL,
    }),
  );
});
