import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './support/built-process.js';
import { OPERATOR_KEY } from './support/fleet.js';
import { IdleFleet } from './support/idle-fleet.js';
import { runProgram } from './support/run-program.js';

/** The commands of docs/auto-stop.md, as a stranger would paste them. */
describe('the commands of docs/auto-stop.md', () => {
  let ground: IdleFleet;

  beforeAll(async () => {
    ground = await IdleFleet.start({ apis: 1, workers: 1 });
  });
  afterAll(async () => {
    await ground?.stop();
  });

  it('do what the page says', async () => {
    const page = await readFile(join(ROOT, 'docs', 'auto-stop.md'), 'utf8');
    const blocks = [...page.matchAll(/^```bash\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block.includes('curl') ? [block] : [],
    );
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const [made] = await ground.createReady('pasted', 1);
    const env = { FLEET: ground.fleet.api.url, KEY: OPERATOR_KEY, ID: made?.id ?? '' };
    for (const block of blocks) {
      const { code, stderr } = await runProgram('bash', ['-ec', block], { env });
      expect([block, code, stderr]).toEqual([block, 0, '']);
    }
    const ledger = await ground.first.ledger(made?.id ?? '');
    expect(ledger.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['lease', 'settings']));
    expect(await ground.first.idle(made?.id ?? '')).toMatchObject({ exemption: 'switched-off-for-this-one' });
  });
});
