import 'reflect-metadata';
import { staleSettingsDocuments, writeSettingsDocuments } from '@app/platform';
import { SECTIONS } from './fleet-settings.js';

// Writes `.env.example` and docs/configuration.md below the working directory; with `--check` it writes nothing and
// exits with 1 when one of them is not what would be written.
if (process.argv.includes('--check')) {
  const stale = await staleSettingsDocuments(SECTIONS, process.cwd());
  for (const path of stale) process.stderr.write(`${path} is not what the settings say; generate it anew\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const path of await writeSettingsDocuments(SECTIONS, process.cwd())) process.stdout.write(`wrote ${path}\n`);
}
