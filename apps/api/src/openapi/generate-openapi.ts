import 'reflect-metadata';
import { loadSettings, runMain } from '@app/platform';
import { createApi } from '../create-api.js';
import { FLEET_MODULES } from '../fleet-modules.js';
import { writeOrCheck } from './generated-file.js';
import { buildOpenApiDocument } from './openapi-document.js';

/** Writes openapi.json from the routes; with `--check` proves that it is fresh. Needs neither Redis nor Novita. */
await runMain(async () => {
  // Given here, so that the environment has no part in it.
  const settings = loadSettings({ NODE_ENV: 'test', LOG_LEVEL: 'silent' });
  const app = await createApi({ processName: 'openapi', settings, keys: [], fleet: FLEET_MODULES });
  const document = buildOpenApiDocument(app);
  await app.close();
  await writeOrCheck('openapi.json', `${JSON.stringify(document, null, 2)}\n`, process.argv);
});
