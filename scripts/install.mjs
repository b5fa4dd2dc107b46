import { fail } from './bootstrap/announce.mjs';
import { ensureDependencies } from './bootstrap/project.mjs';

/** Installs the locked packages if need be; what `npm run …` needs before its first run. */
try {
  await ensureDependencies();
} catch (error) {
  fail(error.message);
}
