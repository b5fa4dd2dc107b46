import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from './support/api-client.js';
import { BuiltProcess, ROOT } from './support/built-process.js';
import { PATIENCE_MS } from './support/until.js';

const run = promisify(execFile);

/** What `npm start` runs, with nothing set: memory adapters and the sandbox. */
describe('the standalone app', () => {
  let folder: string;
  let process_: BuiltProcess;
  let url: string;
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-standalone-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    process_ = new BuiltProcess('standalone', { DATA_DIR: folder, PORT: String(port) });
    await process_.says(/curl/);
    key = (await readFile(join(folder, 'development-api-key'), 'utf8')).trim();
  });
  afterAll(async () => {
    await process_?.end('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });

  it('says that it talks to the sandbox, and keeps its key in a private file', async () => {
    expect(process_.output).toMatch(/SANDBOX/);
    expect(process_.output).toContain(url);
    expect(process_.output).toContain(key);
    expect((await stat(join(folder, 'development-api-key'))).mode & 0o777).toBe(0o600);
  });

  it('prints a link to the page that signs in, and serves the page', async () => {
    expect(process_.output.trim().split('\n')[0]).toBe(`open this: ${url}/#key=${key}`);
    const page = await fetch(url, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const [, script = ''] = /<script type="module" src="([^"]+)"/.exec(await page.text()) ?? [];
    const answer = await fetch(new URL(script, page.url));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  });

  it("runs the README's own blocks one after the other, as pasted into one shell", async () => {
    const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(/<!-- ([a-z-]+) -->\s*```bash\n([\s\S]*?)```/g)];
    expect(blocks.map(([, name]) => name)).toEqual(['first-look', 'sync-status', 'sync-look', 'events', 'idle']);
    const script = blocks
      .map(([, name, block = '']) => (name === 'events' ? `{ ${block} } || [ $? = 124 ]\n` : block))
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', url)
      .replaceAll('.data/', `${folder}/`)
      .replaceAll('timeout 60 ', 'timeout 2 ');
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { timeout: PATIENCE_MS, cwd: ROOT });
    for (const part of ['"ready"', '"stopped"', '"terminated"', 'event: ', '"reason":"training"']) {
      expect(stdout).toContain(part);
    }
    // Every answer is one of success: problem documents have a code and a status of their own.
    expect(stdout).not.toMatch(/"status":[45]\d\d/);
  });

  it('prints lines that leave the instance to be looked at when they are pasted whole', async () => {
    const lines = /^export URL=[\s\S]*/m.exec(process_.output)?.[0] ?? '';
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', lines], { timeout: PATIENCE_MS });
    expect(stdout).toContain('"name":"first"');
    const shown = await new ApiClient(url, key).request('GET', '/api/v1/instances?name=first');
    expect(JSON.stringify(shown.body)).not.toMatch(/stopp|terminat/);
  });

  it('says where its data come from', async () => {
    const answer = await new ApiClient(url, key).request('GET', '/api/v1/instances');
    expect(answer.headers.get('x-data-source')).toBe('memory');
  });
});
