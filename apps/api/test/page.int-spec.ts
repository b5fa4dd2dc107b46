import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PageManifest } from '../src/web-page/page-tree.js';
import { writePage } from '../src/web-page/write-page.js';
import { TestApi } from './support/test-api.js';

const SOURCE = join(import.meta.dirname, '..', 'page');
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

/** The page of this project, built into a folder of its own and served without a socket. */
describe('the web page', () => {
  let folder: string;
  let manifest: PageManifest;
  let api: TestApi;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-page-'));
    manifest = await writePage(SOURCE, join(folder, 'page'));
    api = await TestApi.start({}, { pageFolder: join(folder, 'page') });
    await api.app.listen(0, '127.0.0.1');
    address = await api.app.getUrl();
  });
  afterAll(async () => {
    await api?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Got {
    readonly status: number;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: Buffer;
  }

  async function get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET'): Promise<Got> {
    const answer = await api.app.inject({ method, url, headers });
    return { status: answer.statusCode, headers: answer.headers, body: answer.rawPayload };
  }

  const asset = (path: string, fingerprint = manifest.fingerprint): string => `/assets/${fingerprint}/${path}`;

  describe('at /', () => {
    it('is HTML for a browser, to be asked for again each time', async () => {
      const page = await get('/', { accept: BROWSER });
      expect(page.status).toBe(200);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        etag: `W/"${manifest.indexTag}"`,
      });
      expect(page.headers['vary']).toBe('Accept, Accept-Encoding');
      expect(page.body.toString()).toContain(`src="${asset('src/main.js').slice(1)}"`);
    });

    it('is a signpost for everybody else', async () => {
      for (const accept of ['*/*', 'application/json', 'text/plain']) {
        const { status, headers, body } = await get('/', { accept });
        expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
        expect(body.toString()).toContain('/openapi.json');
        expect(headers['vary']).toBe('Accept, Accept-Encoding');
      }
    });

    it('is not sent again to who has it, whichever way it was compressed', async () => {
      for (const encoding of ['identity', 'gzip', 'br']) {
        const headers = { accept: BROWSER, 'accept-encoding': encoding };
        const { etag } = (await get('/', headers)).headers;
        const again = await get('/', { ...headers, 'if-none-match': String(etag) });
        expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, etag]);
        expect(again.headers['cache-control']).toBe('no-cache');
      }
      expect((await get('/', { accept: BROWSER, 'if-none-match': '"another"' })).status).toBe(200);
    });

    it('answers HEAD without a body', async () => {
      const page = await get('/', { accept: BROWSER }, 'HEAD');
      expect([page.status, page.body.length, page.headers['content-type']]).toEqual([
        200,
        0,
        'text/html; charset=utf-8',
      ]);
      const text = await get('/', {}, 'HEAD');
      expect([text.status, text.body.length]).toEqual([200, 0]);
    });

    it('refers to nothing elsewhere, and holds no script and no style in its markup', async () => {
      const html = (await get('/', { accept: BROWSER })).body.toString();
      expect(html).not.toMatch(/\b(?:src|href)="(?!assets\/)/);
      expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>/);
      for (const [, url = ''] of html.matchAll(/\b(?:src|href)="([^"]+)"/g)) {
        expect([url, (await get(`/${url}`)).status]).toEqual([url, 200]);
      }
    });
  });

  describe('its files', () => {
    it('are kept for ever, and are what they are in the sources', async () => {
      for (const path of manifest.files) {
        const { status, headers, body } = await get(asset(path));
        expect([path, status, headers['cache-control']]).toEqual([path, 200, 'public, max-age=31536000, immutable']);
        expect(body.equals(await readFile(join(SOURCE, path)))).toBe(true);
      }
    });

    it.each([
      ['src/main.js', 'application/javascript; charset=utf-8'],
      ['styles/base.css', 'text/css; charset=utf-8'],
      ['icon.svg', 'image/svg+xml'],
    ])('%s is %s', async (path, type) => {
      for (const encoding of ['identity', 'gzip', 'br']) {
        expect((await get(asset(path), { 'accept-encoding': encoding })).headers['content-type']).toBe(type);
      }
    });

    it.each([
      ['br', 'br'],
      ['gzip', 'gzip'],
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip;q=1, br;q=0', 'gzip'],
      ['identity', undefined],
      ['zstd', undefined],
    ])('come as Accept-Encoding: %s wants them', async (accepted, expected) => {
      const { headers, body } = await get(asset('styles/base.css'), { 'accept-encoding': accepted });
      expect(headers['content-encoding']).toBe(expected);
      expect(headers['vary']).toBe('accept-encoding');
      expect(headers['content-length']).toBe(String(body.length));
      const plain = expected === 'br' ? brotliDecompressSync(body) : expected === 'gzip' ? gunzipSync(body) : body;
      expect(plain.equals(await readFile(join(SOURCE, 'styles/base.css')))).toBe(true);
    });

    it('are not sent again to who has them', async () => {
      const { etag } = (await get(asset('src/main.js'))).headers;
      const again = await get(asset('src/main.js'), { 'if-none-match': String(etag) });
      expect([again.status, again.body.length]).toEqual([304, 0]);
      expect(again.headers['cache-control']).toContain('immutable');
    });

    it('answer HEAD without a body', async () => {
      const head = await get(asset('src/main.js'), { 'accept-encoding': 'br' }, 'HEAD');
      expect([head.status, head.body.length, head.headers['content-encoding']]).toEqual([200, 0, 'br']);
    });

    it('come to a page of another version too, but not to be kept', async () => {
      for (const fingerprint of ['0123456789abcdef', 'x', '__FINGERPRINT__']) {
        const { status, headers, body } = await get(asset('src/main.js', fingerprint));
        expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
        expect(body.equals(await readFile(join(SOURCE, 'src/main.js')))).toBe(true);
      }
    });
  });

  /** As it is written: clients straighten paths before they send them. */
  async function getAsWritten(path: string): Promise<Got> {
    const request = http.get({ host: '127.0.0.1', port: new URL(address).port, path });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  }

  it.each([
    '',
    'nothing.js',
    'src',
    'src/',
    'styles/',
    'index.html',
    'manifest.json',
    'tsconfig.json',
    'src/main.js/',
    'src/main.js.br',
    'src//main.js',
    'src/./main.js',
    'SRC/MAIN.JS',
    '../page/src/main.js',
    '..%2f..%2f..%2fpackage.json',
    '%2e%2e/%2e%2e/package.json',
    '%2e%2e%2fmanifest.json',
    'src/%2e%2e/index.html',
    'src/..%5c..%5cmanifest.json',
    'src%2fmain.js%00.css',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    '....//manifest.json',
  ])('serves no file as "%s"', async (path) => {
    const answer = await getAsWritten(asset(path));
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'route-not-found' });
  });

  it('serves no folder', async () => {
    for (const url of ['/assets', '/assets/', `/assets/${manifest.fingerprint}`]) {
      expect([url, (await get(url)).status]).toEqual([url, 404]);
    }
  });

  it('keeps browsers from asking in vain for an icon', async () => {
    expect((await get('/favicon.ico')).status).toBe(204);
  });

  it('is under a policy that lets nothing in', async () => {
    for (const url of ['/', asset('src/main.js'), asset('nothing.js')]) {
      const { headers } = await get(url, { accept: BROWSER });
      expect(String(headers['content-security-policy']).split(';').toSorted()).toEqual([
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "script-src 'self'",
        "style-src 'self'",
      ]);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('leaves the address of a client enough for many views', async () => {
    const urls = ['/', ...manifest.files.map((path) => asset(path))];
    const { headers } = await get('/', { accept: BROWSER });
    const left = Number(/;r=(\d+);/.exec(String(headers['ratelimit']))?.[1]);
    expect(String(headers['ratelimit'])).toMatch(/^"address";/);
    expect(left / urls.length).toBeGreaterThan(150);
  });
});

describe('without a build', () => {
  it('there is the API, and no page', async () => {
    const api = await TestApi.start({}, { pageFolder: SOURCE });
    try {
      const root = await api.send({ url: '/', as: null, headers: { accept: BROWSER } });
      expect([root.status, root.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
      expect((await api.send({ url: '/assets/x/src/main.js', as: null })).status).toBe(404);
    } finally {
      await api.stop();
    }
  });
});

describe('the build of the page', () => {
  it('is the same each time, and leaves nothing of the one before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'novita-fleet-page-'));
    const [source, target] = [join(folder, 'source'), join(folder, 'built')];
    try {
      await mkdir(join(source, 'src'), { recursive: true });
      const html = '<html><head><script type="module" src="assets/__FINGERPRINT__/src/main.js"></script></head></html>';
      await writeFile(join(source, 'index.html'), html);
      await writeFile(join(source, 'src/main.js'), "import './old.js';\n");
      await writeFile(join(source, 'src/old.js'), 'export {};\n');
      await writeFile(join(source, 'src/main.spec.js'), 'no part of it');

      const first = await writePage(source, target);
      const names = ['index.html', 'manifest.json', 'src/main.js', 'src/old.js'];
      expect(await filesIn(target)).toEqual(names);
      const index = await readFile(join(target, 'index.html'));
      expect(gunzipSync(await readFile(join(target, 'index.html.gz'))).equals(index)).toBe(true);
      expect(brotliDecompressSync(await readFile(join(target, 'index.html.br'))).equals(index)).toBe(true);
      expect(await writePage(source, target)).toEqual(first);
      expect((await readFile(join(target, 'index.html'))).equals(index)).toBe(true);

      await rm(join(source, 'src/old.js'));
      const second = await writePage(source, target);
      expect(second.fingerprint).not.toBe(first.fingerprint);
      expect(await filesIn(target)).toEqual(names.slice(0, -1));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  /** Without the compressed ones, of which each but the manifest has two. */
  async function filesIn(folder: string): Promise<string[]> {
    const all = (await readdir(folder, { recursive: true })).filter((name) => name.includes('.')).toSorted();
    const plain = all.filter((name) => !/\.(br|gz)$/.test(name));
    const compressed = plain.filter((name) => name !== 'manifest.json').flatMap((name) => [`${name}.br`, `${name}.gz`]);
    expect(all).toEqual([...plain, ...compressed].toSorted());
    return plain;
  }
});
