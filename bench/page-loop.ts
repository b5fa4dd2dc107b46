import { Pool } from 'undici';

const PATH = '/gpu-instance/openapi/v1/gpu/instances';
const PAGE_SIZE = 100;

interface Answer {
  readonly total: number;
  readonly instances: readonly unknown[];
}

/**
 * The limit that a sync is measured against: fetches every page of a listing and parses its JSON, so many pages side by
 * side, and does nothing with it.
 *
 * @param url the provider's address
 * @returns milliseconds
 */
export async function loopOverPages(url: string, concurrency: number): Promise<number> {
  const pool = new Pool(url, { connections: concurrency });
  let items = 0;
  const fetchPage = async (page: number): Promise<number> => {
    const { body, statusCode } = await pool.request({
      method: 'GET',
      path: `${PATH}?pageSize=${PAGE_SIZE}&pageNum=${page}`,
      headers: { authorization: 'Bearer bench', accept: 'application/json' },
    });
    if (statusCode !== 200) throw new Error(`page ${page} answered ${statusCode}`);
    const answer = (await body.json()) as Answer;
    items += answer.instances.length;
    return answer.total;
  };
  const began = performance.now();
  // The first page says how many there are; a sync can ask for the others no sooner either.
  const total = await fetchPage(1);
  let next = 2;
  const work = async (): Promise<void> => {
    while ((next - 1) * PAGE_SIZE < total) await fetchPage(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const milliseconds = performance.now() - began;
  await pool.close();
  if (items !== total) throw new Error(`${items} items came of ${total}`);
  return milliseconds;
}
