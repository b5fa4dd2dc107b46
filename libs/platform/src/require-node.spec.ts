import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeComplaint, OLDEST_NODE } from './require-node.js';

describe('nodeComplaint', () => {
  it.each(['24.15.0', '24.21.0', '25.0.0', '100.1.0'])('takes %s', (version) => {
    expect(nodeComplaint(version)).toBeNull();
  });

  it.each(['20.20.2', '24.14.9', '22.99.0'])('names the version that is needed to %s', (version) => {
    expect(nodeComplaint(version)).toMatch(new RegExp(`^Node 24\\.15 or newer is needed, and this is ${version}\\.`));
  });

  it('wants what package.json says', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ engines: { node: `>=${OLDEST_NODE}` } });
  });
});
