import { createServer } from 'node:http';
import { Pool } from 'undici';

/**
 * The limit that the first sync of a cluster is measured against: fetches every page of every kind, parses its JSON, and
 * does nothing with it. A process of its own, begun anew for each measure, as the worker is that it is compared with.
 * `GET /list` answers the milliseconds that it took and how many objects came, any other path 200.
 *
 * Arguments: port, address of the cluster, its paths (JSON), objects of a page.
 */
const [port, url = '', paths = '[]', limit = '500'] = process.argv.slice(2);

/** One for each kind. */
const CONNECTIONS = 11;

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

async function listAll(pool: Pool, path: string): Promise<number> {
  let objects = 0;
  let token: string | undefined;
  do {
    const query = new URLSearchParams({ limit, ...(token !== undefined && { continue: token }) });
    const { body, statusCode } = await pool.request({ method: 'GET', path: `${path}?${query.toString()}` });
    if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`);
    const page = (await body.json()) as Page;
    objects += page.items.length;
    token = page.metadata.continue;
  } while (token !== undefined && token !== '');
  return objects;
}

async function measure(): Promise<{ readonly ms: number; readonly objects: number }> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const began = performance.now();
  // A kind's pages follow each other, since each names the next; kinds are fetched side by side, as reflectors do.
  const counts = await Promise.all((JSON.parse(paths) as string[]).map((path) => listAll(pool, path)));
  const ms = performance.now() - began;
  await pool.close();
  return { ms, objects: counts.reduce((sum, count) => sum + count, 0) };
}

const server = createServer((request, response) => {
  if (request.url !== '/list') {
    response.end();
    return;
  }
  measure().then(
    (figure) => response.end(JSON.stringify(figure)),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
}).listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  process.exit(0);
});
