import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@app/testing/servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from './support/api-client.js';
import { BuiltProcess, NODE_COMPILE_CACHE, ROOT } from './support/built-process.js';
import { runProgram } from './support/run-program.js';
import { PATIENCE_MS } from './support/until.js';

const run = promisify(execFile);

/** A command that follows a stream of events for a while, whole. */
const STREAM = /^(curl .*)--max-time 60 (.*)$/gm;
/** What `npx novita-fleet` would come to, without npm. */
const NPX = `npx() { shift; '${process.execPath}' '${join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js')}' "$@"; }\n`;

/** Of scripts/documents/shell-blocks.mjs, which is no TypeScript. */
type ShellBlocks = (markdown: string) => readonly { readonly text: string; readonly proof: string | null }[];

/** Of each document whose commands are run: all of them, in their order. */
async function documentScripts(): Promise<ReadonlyMap<string, string>> {
  const module = pathToFileURL(join(ROOT, 'scripts', 'documents', 'shell-blocks.mjs')).href;
  const { shellBlocks } = (await import(module)) as { readonly shellBlocks: ShellBlocks };
  const names = ['README.md', ...(await readdir(join(ROOT, 'docs'))).map((name) => `docs/${name}`)];
  const scripts = names
    .filter((name) => name.endsWith('.md'))
    .map(async (name) => {
      const blocks = shellBlocks(await readFile(join(ROOT, name), 'utf8')).filter(({ proof }) => proof === 'run');
      return [name, blocks.map(({ text }) => text).join('\n')] as const;
    });
  return new Map((await Promise.all(scripts)).filter(([, script]) => script !== ''));
}

/** What `npm start` runs: memory adapters and the sandbox. Webhooks may go to this machine, as docs/getting-started.md has it. */
describe('the standalone app', () => {
  let folder: string;
  let process_: BuiltProcess;
  let url: string;
  let key: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-standalone-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    process_ = new BuiltProcess('standalone', {
      DATA_DIR: folder,
      PORT: String(port),
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: 'true',
      // All documents at once, by one key.
      RATE_LIMIT_PER_MINUTE: '6000',
    });
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

  it('does what the commands of the documents say, each document pasted into a shell of its own', async () => {
    const made = await new ApiClient(url, key).create({
      name: 'shown',
      productName: 'RTX 4090',
      image: 'nginx:latest',
    });
    const scripts = await documentScripts();
    expect([...scripts.keys()]).toEqual(
      expect.arrayContaining(['README.md', 'docs/api-guide.md', 'docs/operations.md']),
    );
    const receiverPort = String(await freePort());
    const outputs = await Promise.all(
      [...scripts].map(async ([name, script]) => {
        const pasted = script
          .replaceAll('http://127.0.0.1:3000', url)
          .replaceAll('.data/', `${folder}/`)
          .replaceAll(/\b8080(?=\/fleet| node )/g, receiverPort)
          .replaceAll(/your-(?:admin|operator)-key/g, key)
          .replaceAll('ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE', made.id)
          .replaceAll(STREAM, '{ $1--max-time 2 $2\n} || [ $? = 28 ]');
        const env = {
          PATH: process.env['PATH'] ?? '',
          XDG_CONFIG_HOME: folder,
          NODE_COMPILE_CACHE,
          URL: url,
          FLEET: url,
          KEY: key,
          ID: made.id,
          NOVITA_FLEET_URL: url,
        };
        const options = { env, cwd: ROOT };
        const { code, stdout, stderr } = await runProgram('bash', ['-euo', 'pipefail', '-c', NPX + pasted], options);
        // Every answer is one of success: problem documents have a code and a status of their own.
        const problems = stdout.match(/"status":[45]\d\d,[^}]*"code":"([a-z-]+)"/g) ?? [];
        return [name, { code, stdout, stderr, problems }] as const;
      }),
    );
    for (const [name, { code, stderr, problems, stdout }] of outputs) {
      expect.soft([name, code, code === 0 ? '' : stderr]).toEqual([name, 0, '']);
      // The API guide shows one on purpose.
      expect.soft([name, problems]).toEqual([name, name === 'docs/api-guide.md' ? [expect.any(String)] : []]);
      expect(stdout).not.toBe('');
    }
    const said = new Map(outputs.map(([name, { stdout }]) => [name, stdout]));
    expect(said.get('README.md')).toMatch(/status +ready/);
    for (const part of [
      'listening on',
      'instance.stopped',
      'instance.ready',
      'llama is ready',
      'Declared busy until',
    ]) {
      expect(said.get('docs/getting-started.md')).toContain(part);
    }
    for (const part of ['"ready"', '"stopped"', '"terminated"', 'event: reset', '"reason":"training"', 'productNam']) {
      expect(said.get('docs/api-guide.md')).toContain(part);
    }
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
