import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Writes down each file of OpenTelemetry that a process loads. For `node --import`; the file is in LOADED_PACKAGES. */
registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/@opentelemetry/')) appendFileSync(process.env.LOADED_PACKAGES, `${url}\n`);
    return nextLoad(url, context);
  },
});
