import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessSettings, staleSettingsDocuments, writeSettingsDocuments } from '@app/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

describe('the documents of the settings', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-documents-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are fresh once they are written, and stale when one is changed or missing', async () => {
    const both = ['.env.example', 'docs/configuration.md'];
    expect(await staleSettingsDocuments([ProcessSettings], folder)).toEqual(both);
    expect(await writeSettingsDocuments([ProcessSettings], folder)).toEqual(both);
    expect(await staleSettingsDocuments([ProcessSettings], folder)).toEqual([]);
    await appendFile(join(folder, '.env.example'), '# by hand\n');
    expect(await staleSettingsDocuments([ProcessSettings], folder)).toEqual(['.env.example']);
  });
});
