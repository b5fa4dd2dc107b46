import { attachToProcess, effectiveApiKeys, ensureDevelopmentKey, listen, readSettings, runMain } from '@app/platform';
import { createStandalone } from './create-standalone.js';
import { greetingText } from './greeting.js';

await runMain(async () => {
  const own = await readSettings();
  // Loaded only when it is wanted: the sandbox is no part of production.
  const firstLook = own.NOVITA_API_KEY === null ? await (await import('./first-look.js')).startFirstLook(own) : null;
  const settings = firstLook === null ? own : await readSettings(firstLook.overrides);
  const developmentKey = await ensureDevelopmentKey(settings, settings.DATA_DIR);
  const keys = effectiveApiKeys(settings, developmentKey);
  const app = await createStandalone({ processName: 'standalone', settings, keys });
  attachToProcess(app);
  const url = await listen(app, 'PORT', settings.PORT, settings.HOST);
  process.stdout.write(
    greetingText({
      url,
      key: developmentKey?.key ?? null,
      keyPath: developmentKey?.path ?? null,
      sandboxUrl: firstLook?.sandbox.url ?? null,
      redis: settings.redisUrl !== null,
      novitaUrl: settings.NOVITA_API_BASE_URL,
    }),
  );
});
