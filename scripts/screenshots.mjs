import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, say } from './bootstrap/announce.mjs';
import { ENVIRONMENT, ensureBuild, ensureDependencies, NODE, ROOT } from './bootstrap/project.mjs';
import { ensureTool } from './bootstrap/system-tools.mjs';

const DOCUMENTS = ['README.md', 'docs/page.md'];

/** `npm run screenshots`: takes the screenshots of the page anew, in its tests, and keeps those that the documents show. */
try {
  await ensureDependencies();
  const env = {
    ...ENVIRONMENT,
    REDIS_SERVER_BIN: await ensureTool('redis'),
    CHROMIUM_BIN: await ensureTool('chromium'),
    SCREENSHOTS: 'true',
  };
  await ensureBuild();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(NODE, [vitest, 'run', '--project', 'e2e', 'test/page-look.e2e-spec.ts'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the tests that take the screenshots failed; nothing was copied');

  const texts = await Promise.all(DOCUMENTS.map((path) => readFile(join(ROOT, path), 'utf8')));
  const names = new Set(texts.flatMap((text) => [...text.matchAll(/images\/([\w-]+\.png)/g)].map(([, name]) => name)));
  await mkdir(join(ROOT, 'docs', 'images'), { recursive: true });
  for (const name of names) {
    await copyFile(join(ROOT, 'dist', 'screenshots', name), join(ROOT, 'docs', 'images', name));
  }
  say(`${names.size} screenshots are in docs/images`);
} catch (error) {
  fail(error.message);
}
