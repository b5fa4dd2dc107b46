import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writePage } from '../src/web-page/build/write-page.js';
import { BuiltPage } from '../src/web-page/built-page.js';
import { PAGE_ADDRESSES, type PageManifest } from '../src/web-page/page-manifest.js';
import { TestApi } from './support/test-api.js';

const SOURCE = join(import.meta.dirname, '..', 'page');
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const VIEWS = PAGE_ADDRESSES.map((address) => address.replace(':id', 'ins_01JQ7ZC8M4T5V6W7X8Y9ZABCDE'));

/** The page of this project, built into a folder of its own and served without a socket. */
describe('the web page', () => {
  let folder: string;
  let manifest: PageManifest;
  let api: TestApi;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-page-'));
    manifest = await writePage(SOURCE, join(folder, 'page'));
    api = await TestApi.start({ TRUST_PROXY: '127.0.0.1' }, { pageFolder: join(folder, 'page') });
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

  const asset = (name: string): string => `/assets/${name}`;
  const built = (name: string): Promise<Buffer> => readFile(join(folder, 'page', 'assets', name));

  describe.each(VIEWS)('at %s', (url) => {
    it('is HTML for a browser, to be asked for again each time', async () => {
      const page = await get(url, { accept: BROWSER });
      expect(page.status).toBe(200);
      expect(page.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        vary: 'Accept, Accept-Encoding',
      });
      const { etag } = page.headers;
      const again = await get(url, { accept: BROWSER, 'if-none-match': String(etag), 'accept-encoding': 'br' });
      expect([again.status, again.body.length, again.headers['etag']]).toEqual([304, 0, etag]);
    });

    it('refers to files that are there, from the root of the service', async () => {
      const html = (await get(url, { accept: BROWSER })).body.toString();
      expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>/);
      const [, base = ''] = /<base href="([^"]+)">/.exec(html) ?? [];
      const links = [...html.matchAll(/<(?:link|script)\b[^>]*\b(?:src|href)="((?!data:)[^"]+)"/g)];
      expect(links.length).toBeGreaterThanOrEqual(2);
      for (const [, link = ''] of links) {
        const { pathname } = new URL(link, new URL(base, `http://host.example${url}`));
        expect([pathname, (await get(pathname)).status]).toEqual([pathname, 200]);
      }
    });
  });

  it('is the page of an instance by its Novita id too, and of nothing that can be no id', async () => {
    expect((await get('/instances/7f3a9c-x', { accept: BROWSER })).status).toBe(200);
    for (const id of ['%3Cscript%3E', 'a%2Fb', 'x'.repeat(300)]) {
      expect([id, (await get(`/instances/${id}`, { accept: BROWSER })).status]).toEqual([id, 404]);
    }
  });

  it('is a signpost at / for everybody else, and elsewhere leads to the API', async () => {
    for (const accept of ['*/*', 'application/json', 'text/plain']) {
      const { status, headers, body } = await get('/', { accept });
      expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
      expect(body.toString()).toContain('/openapi.json');
      expect(headers['vary']).toBe('Accept, Accept-Encoding');
      const instance = await get('/instances/ins_1', { accept });
      expect([instance.status, instance.headers['vary']]).toEqual([404, 'Accept, Accept-Encoding']);
      expect(JSON.parse(instance.body.toString())).toMatchObject({ nearest: ['/api/v1/instances/{id}'] });
    }
  });

  it('answers HEAD without a body', async () => {
    for (const url of VIEWS) {
      const page = await get(url, { accept: BROWSER }, 'HEAD');
      expect([page.status, page.body.length]).toEqual([200, 0]);
    }
    const text = await get('/', {}, 'HEAD');
    expect([text.status, text.body.length]).toEqual([200, 0]);
  });

  it('begins with few files: one style, one script, a small one before it, and what they need at once', async () => {
    const html = (await get('/', { accept: BROWSER })).body.toString();
    expect(html.match(/rel="stylesheet"/g)).toHaveLength(1);
    expect(html.match(/<script/g)).toHaveLength(2);
    const [, early = ''] = /<script src="assets\/([^"]+)">/.exec(html) ?? [];
    // With the HTML in what a connection sends at first.
    expect(brotliCompressSync(await built(early)).length).toBeLessThan(2_500);
    expect(html.match(/modulepreload/g)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(html).not.toContain('.map');
  });

  describe('its files', () => {
    it('are kept for ever', async () => {
      expect(manifest.assets.length).toBeGreaterThan(10);
      for (const name of manifest.assets) {
        const { status, headers, body } = await get(asset(name));
        expect([name, status, headers['cache-control']]).toEqual([name, 200, 'public, max-age=31536000, immutable']);
        expect(name).toMatch(/^[\w-]+-[0-9a-f]{8,}\.(?:js|js\.map|css)$/);
        expect(body.equals(await built(name))).toBe(true);
      }
    });

    it('are of the type that they are', async () => {
      for (const [name, type] of [
        [manifest.script, 'application/javascript; charset=utf-8'],
        [manifest.style, 'text/css; charset=utf-8'],
        [`${manifest.script}.map`, 'application/json; charset=utf-8'],
      ] as const) {
        for (const encoding of ['identity', 'gzip', 'br']) {
          expect((await get(asset(name), { 'accept-encoding': encoding })).headers['content-type']).toBe(type);
        }
      }
    });

    it('lead to their sources by maps, which tell nothing of the machine that built them', async () => {
      // The bundler's own helpers have no source here.
      const scripts = manifest.assets.filter((name) => name.endsWith('.js') && !name.startsWith('rolldown-'));
      const sources = new Set<string>();
      for (const name of scripts) {
        const code = (await built(name)).toString();
        expect(code).toMatch(new RegExp(`//# sourceMappingURL=${name}\\.map\\s*$`));
        const map = JSON.parse((await built(`${name}.map`)).toString()) as {
          sources: string[];
          sourcesContent: string[];
        };
        expect(map.sourcesContent).toHaveLength(map.sources.length);
        for (const source of map.sources) sources.add(source);
      }
      for (const source of sources) expect(source).toMatch(/^src\/|^\\0?rolldown|^rolldown/);
      expect(sources).toContain('src/main.js');
    });

    it.each([
      ['br', 'br'],
      ['gzip', 'gzip'],
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip;q=1, br;q=0', 'gzip'],
      ['identity', undefined],
      ['zstd', undefined],
    ])('come as Accept-Encoding: %s wants them', async (accepted, expected) => {
      const { headers, body } = await get(asset(manifest.style), { 'accept-encoding': accepted });
      expect(headers['content-encoding']).toBe(expected);
      expect(headers['vary']).toBe('accept-encoding');
      expect(headers['content-length']).toBe(String(body.length));
      const plain = expected === 'br' ? brotliDecompressSync(body) : expected === 'gzip' ? gunzipSync(body) : body;
      expect(plain.equals(await built(manifest.style))).toBe(true);
    });

    it('are not sent again to who has them', async () => {
      const { etag } = (await get(asset(manifest.script))).headers;
      const again = await get(asset(manifest.script), { 'if-none-match': String(etag) });
      expect([again.status, again.body.length]).toEqual([304, 0]);
      expect(again.headers['cache-control']).toContain('immutable');
    });

    it('answer HEAD without a body', async () => {
      const head = await get(asset(manifest.script), { 'accept-encoding': 'br' }, 'HEAD');
      expect([head.status, head.body.length, head.headers['content-encoding']]).toEqual([200, 0, 'br']);
    });

    it('of another version: the script loads the page anew, the style is the present one, chunks are none', async () => {
      const script = await get(asset('main-0123456789.js'));
      expect([script.status, script.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(script.headers['content-type']).toBe('application/javascript; charset=utf-8');
      expect(script.body.toString()).toContain('location.reload()');
      const style = await get(asset('page-0123456789.css'));
      expect([style.status, style.headers['cache-control']]).toEqual([200, 'no-store']);
      expect(style.body.equals(await built(manifest.style))).toBe(true);
      const chunk = manifest.assets.find((name) => name.endsWith('.js') && name !== manifest.script) ?? '';
      expect((await get(asset(chunk.replace(/-[0-9a-f]+\.js$/, '-0123456789.js')))).status).toBe(404);
    });
  });

  /** As it is written: clients straighten paths before they send them. */
  async function getAsWritten(path: string): Promise<Got> {
    const request = http.get({ host: '127.0.0.1', port: new URL(address).port, path, headers: { accept: BROWSER } });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
  }

  it.each([
    '',
    'nothing.js',
    'index.html',
    'manifest.json',
    '../manifest.json',
    '../index.html',
    '..%2findex.html',
    '%2e%2e/%2e%2e/package.json',
    '%2e%2e%2fmanifest.json',
    '..%5cmanifest.json',
    '/etc/passwd',
    '%2fetc%2fpasswd',
    '....//manifest.json',
    'MAIN/',
    'MAIN.br',
    'MAIN%00.css',
  ])('serves no file as "%s"', async (path) => {
    const answer = await getAsWritten(asset(path.replace('MAIN', manifest.script)));
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 'route-not-found' });
  });

  it('serves no folder', async () => {
    for (const url of ['/assets', '/assets/']) expect([url, (await get(url)).status]).toEqual([url, 404]);
  });

  it('keeps browsers from asking in vain for an icon', async () => {
    expect((await get('/favicon.ico')).status).toBe(204);
  });

  it('is under a policy that lets nothing in', async () => {
    for (const url of [...VIEWS, asset(manifest.script), asset('nothing.js')]) {
      const { headers } = await get(url, { accept: BROWSER });
      expect(String(headers['content-security-policy']).split(';').toSorted()).toEqual([
        "base-uri 'self'",
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
    const urls = ['/', ...manifest.assets.map((name) => asset(name))];
    const { headers } = await get('/', { accept: BROWSER });
    const left = Number(/;r=(\d+);/.exec(String(headers['ratelimit']))?.[1]);
    expect(String(headers['ratelimit'])).toMatch(/^"address";/);
    expect(left / urls.length).toBeGreaterThan(100);
  });

  describe('pages beside it', () => {
    const DOCUMENTS = ['/errors', '/errors/instance-busy', '/docs', '/docs/', '/docs/index.html', '/nothing/at/all'];

    it.each([...DOCUMENTS, '/nothing?x=1', '/errors/made-up', '/instances', '/overview/'])(
      '%s wears its clothes, and leads back',
      async (url) => {
        const { status, headers, body } = await get(url, { accept: BROWSER });
        expect(status).toBe(/nothing|made-up|instances|overview/.test(url) ? 404 : 200);
        expect(headers['content-type']).toBe('text/html; charset=utf-8');
        const html = body.toString();
        expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>/);
        const policy = String(headers['content-security-policy']);
        expect(policy).toContain("style-src 'self'");
        expect(policy).toContain("base-uri 'self'");
        expect(policy).not.toContain('unsafe');
        const [, base = ''] = /<base href="([^"]+)">/.exec(html) ?? [];
        const root = new URL(base, `http://host.example/fleet${url}`);
        expect(root.pathname).toBe('/fleet/');
        expect(html).toContain(`href="assets/${manifest.documentStyle}"`);
        for (const [, link = ''] of html.matchAll(/\b(?:src|href)="((?!data:|\.|errors\/)[^"]+)"/g)) {
          expect([link, (await get(`/${link}`)).status]).toEqual([link, 200]);
        }
      },
    );

    it('are problems to programs', async () => {
      for (const url of ['/nothing', '/errors/made-up']) {
        const { status, headers, body } = await get(url, { accept: 'application/json' });
        expect([status, headers['vary']]).toEqual([404, 'Accept, Accept-Encoding']);
        expect(JSON.parse(body.toString())).toMatchObject({ code: 'route-not-found' });
      }
      for (const url of ['/api/v1/nothing', '/health/nothing']) {
        const { status, headers } = await get(url, { accept: BROWSER });
        expect([status, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8']);
      }
    });

    it('repeat nothing that was sent', async () => {
      const hostile = { accept: BROWSER, 'x-forwarded-prefix': '/"><script>alert(1)</script>' };
      for (const url of ['/', '/nothing/%22%3E%3Cscript%3E', '/errors', '/nothing?"><script>alert(1)</script>']) {
        expect((await get(url, hostile)).body.toString()).not.toMatch(/alert|<script>/);
      }
    });
  });

  describe('below a path that no proxy takes away', () => {
    it('the page is the same, at the same depth', async () => {
      const below = await TestApi.start({ BASE_PATH: '/tools/fleet' }, { pageFolder: join(folder, 'page') });
      try {
        for (const [url, base] of [
          ['/tools/fleet/', './'],
          ['/tools/fleet/spend', './'],
          ['/tools/fleet/instances/ins_1', '../'],
          ['/tools/fleet/nothing/at/all', '../../'],
        ]) {
          const page = await below.send({ url: url ?? '', as: null, headers: { accept: BROWSER } });
          expect([url, /<base href="([^"]+)"/.exec(page.text)?.[1]]).toEqual([url, base]);
        }
        expect((await below.send({ url: `/tools/fleet/assets/${manifest.script}`, as: null })).status).toBe(200);
      } finally {
        await below.stop();
      }
    });
  });
});

describe('without a build', () => {
  it('there is the API, and no page', async () => {
    const api = await TestApi.start({}, { pageFolder: SOURCE });
    try {
      const root = await api.send({ url: '/', as: null, headers: { accept: BROWSER } });
      expect([root.status, root.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
      expect((await api.send({ url: '/assets/main-0123456789.js', as: null })).status).toBe(404);
      const view = await api.send({ url: '/spend', as: null, headers: { accept: BROWSER } });
      expect(view.status).toBe(404);
      expect(view.text).not.toContain('assets/');
    } finally {
      await api.stop();
    }
  });
});

/** A page as small as one can be that has views, dialogs and what they share. */
const SMALL: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html>
<html>
  <head>
    <base href="./">
    <link rel="icon" href="icon.svg">
    <link rel="stylesheet" href="styles/tokens.css">
    <link rel="modulepreload" href="src/list/view.js" data-at="/">
    <link rel="modulepreload" href="src/spend/view.js" data-at="/spend">
    <link rel="modulepreload" href="src/sync/view.js" data-at="/sync">
    <script src="src/early.js"></script>
    <script type="module" src="src/main.js"></script>
  </head>
  <body></body>
</html>
`,
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'styles/tokens.css': ':root { --text: black; }\n',
  'styles/document.css': 'body { color: var(--text); }\n',
  'src/early.js': "import { common } from './common.js';\ncommon('early');\n",
  'src/main.js': `const load = {
  list: () => import('./list/view.js'),
  spend: () => import('./spend/view.js'),
  sync: () => import('./sync/view.js'),
  one: () => import('./one-dialog.js'),
  other: () => import('./other-dialog.js'),
};
Object.assign(globalThis, { load });
`,
  'src/list/view.js': "import { common } from '../common.js';\nexport const list = () => common('list');\n",
  'src/spend/view.js':
    "import { common } from '../common.js';\nimport { shared } from '../shared.js';\nexport const spend = () => common(shared('spend'));\n",
  'src/sync/view.js': "import { shared } from '../shared.js';\nexport const sync = () => shared('sync');\n",
  'src/one-dialog.js': "import { field } from './field.js';\nexport const one = () => field('one');\n",
  'src/other-dialog.js': "import { field } from './field.js';\nexport const other = () => field('other');\n",
  'src/field.js': "export const field = (text) => console.log('a field', text);\n",
  'src/common.js': "export const common = (text) => console.log('for the first view too', text);\n",
  'src/shared.js': "export const shared = (text) => console.log('for later views', text);\n",
};

describe('the build of the page', () => {
  let folder: string;
  let source: string;
  let target: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novita-fleet-page-'));
    [source, target] = [join(folder, 'source'), join(folder, 'built')];
    for (const [path, text] of Object.entries(SMALL)) await write(path, text);
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }

  const built = async (name: string): Promise<string> => readFile(join(target, 'assets', name), 'utf8');
  const named = (names: readonly string[], name: string): string =>
    names.find((candidate) => candidate.replace(/-[0-9a-f]+\./, '.') === name) ?? 'none';

  it('has a chunk for each view, one for all dialogs, and one for what later views share; the rest comes with the entry', async () => {
    const { assets, script } = await writePage(source, target);
    expect(assets.filter((name) => name.endsWith('.js')).map((name) => name.replace(/-[0-9a-f]+\./, '.'))).toEqual([
      'dialogs.js',
      'early.js',
      'list-view.js',
      'main.js',
      'shared.js',
      'spend-view.js',
      'sync-view.js',
    ]);
    expect(await built(script)).toContain('for the first view too');
    expect(await built(named(assets, 'shared.js'))).toContain('for later views');
    // A classic script, which shares nothing with the others.
    expect(await built(named(assets, 'early.js'))).toMatch(/^\(function.*for the first view too/s);
    expect(await built(named(assets, 'dialogs.js'))).toContain('a field');
    const spend = await readFile(join(target, 'spend.html'), 'utf8');
    const preloads = [...spend.matchAll(/modulepreload" href="assets\/([^"]+)"/g)].map(([, name]) => name);
    expect(new Set(preloads)).toEqual(new Set([named(assets, 'shared.js'), named(assets, 'spend-view.js')]));
  });

  it('is the same each time, and leaves nothing of the one before', async () => {
    const first = await writePage(source, target);
    const index = await readFile(join(target, 'index.html'));
    expect(gunzipSync(await readFile(join(target, 'index.html.gz'))).equals(index)).toBe(true);
    expect(brotliDecompressSync(await readFile(join(target, 'index.html.br'))).equals(index)).toBe(true);
    expect(await writePage(source, target)).toEqual(first);

    await write('src/spend/view.js', "export const spend = () => console.log('other');\n");
    const second = await writePage(source, target);
    expect(second.style).toBe(first.style);
    expect(named(second.assets, 'dialogs.js')).toBe(named(first.assets, 'dialogs.js'));
    expect(named(second.assets, 'spend-view.js')).not.toBe(named(first.assets, 'spend-view.js'));
    const files = await readdir(join(target, 'assets'));
    expect(files.toSorted()).toEqual(second.assets.flatMap((name) => [name, `${name}.br`, `${name}.gz`]).toSorted());
  });

  it.each([
    ['an import that leads nowhere', { 'src/field.js': "import './nowhere.js';\n" }, /nowhere\.js/],
    ['an import of what is not exported', { 'src/field.js': 'export const none = 1;\n' }, /field/],
    ['a text that is no script', { 'src/field.js': 'const = 1;\n' }, /field\.js/],
    [
      'an entry that waits for what waits for it',
      {
        'src/main.js': [
          "import { shared } from './shared.js';",
          "shared(await import('./spend/view.js'));",
          "shared(await import('./sync/view.js'));",
        ].join('\n'),
      },
      /awaits at the top level/,
    ],
    [
      'a view that nothing loads',
      { 'src/main.js': SMALL['src/main.js']?.replace(/^ *spend: .*\n/m, '') ?? '' },
      /no chunk .* src\/spend\/view\.js/,
    ],
    [
      'a style that loads another file',
      { 'styles/tokens.css': '@import "more.css";\n' },
      /tokens\.css loads a further file/,
    ],
    [
      'a picture of its own',
      { 'styles/tokens.css': 'a { background: url(x.png); }\n' },
      /tokens\.css loads a further file/,
    ],
    [
      'a style that is not there',
      { 'index.html': SMALL['index.html']?.replace('tokens.css', 'none.css') ?? '' },
      /ENOENT/,
    ],
  ])('fails for %s, and leaves no page to serve', async (_what, files: Readonly<Record<string, string>>, message) => {
    for (const [path, text] of Object.entries(files)) await write(path, text);
    await expect(writePage(source, target)).rejects.toThrow(message);
    await expect(readFile(join(target, 'manifest.json'))).rejects.toThrow('ENOENT');
  });

  it('is refused by a process when a file of it is missing', async () => {
    const { script } = await writePage(source, target);
    await rm(join(target, 'assets', `${script}.br`));
    await expect(BuiltPage.read(target)).rejects.toThrow('ENOENT');
  });
});
