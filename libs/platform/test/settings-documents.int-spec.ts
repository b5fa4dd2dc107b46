import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { staleSettingsDocuments, writeSettingsDocuments } from '../src/config/settings-documents.js';

describe('the documents of the settings', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-documents-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are fresh once they are written, and stale when one is changed or missing', async () => {
    const both = ['.env.example', 'docs/configuration.md'];
    expect(await staleSettingsDocuments(folder)).toEqual(both);
    expect(await writeSettingsDocuments(folder)).toEqual(both);
    expect(await staleSettingsDocuments(folder)).toEqual([]);
    await appendFile(join(folder, '.env.example'), '# by hand\n');
    expect(await staleSettingsDocuments(folder)).toEqual(['.env.example']);
  });
});
