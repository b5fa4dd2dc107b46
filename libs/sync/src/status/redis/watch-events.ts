import { oneLine, type Timestamp } from '@app/platform';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { eventPosition, isAfter } from '../event-position.js';
import type { SyncEvent, SyncSnapshot } from '../sync-status.js';
import { SyncStatusUnavailableError } from '../sync-status-store.port.js';
import { delay, untilAborted } from '../until-aborted.js';
import { LATEST_EVENT_ID } from './status.scripts.js';
import type { StatusDocuments } from './status-documents.js';

export interface WatchOptions {
  /** Makes a connection that waits for Redis as long as it takes. It is closed here. */
  readonly connect: () => Redis;
  readonly base: string;
  readonly blockMs: number;
  readonly documents: StatusDocuments;
  /** The status as it stands, read anew. */
  readonly standing: () => Promise<SyncSnapshot & { readonly at: Timestamp }>;
  readonly signal: AbortSignal;
}

/** Entries taken at a time. */
const BATCH = 100;
const PAUSE_AFTER_FAULT_MS = 1_000;

/**
 * Every event after that one, as it comes. A Redis that was emptied, or that fell back to an older copy, knows nothing
 * of the position; one `sync.progress` then tells the status as it stands, and events go on from there.
 *
 * @throws SyncStatusUnavailableError when somebody else closed the connection
 */
export async function* watchEvents(from: string, options: WatchOptions): AsyncGenerator<readonly SyncEvent[]> {
  const { documents, signal } = options;
  if (signal.aborted) return;
  const logger = new Logger('SyncStatus');
  const connection = options.connect();
  const close = (): void => connection.disconnect();
  signal.addEventListener('abort', close, { once: true });
  let position = from;
  let isSure = false;
  let hasFaults = false;
  try {
    while (!signal.aborted) {
      try {
        if (!isSure && (await untilAborted(isLost(position, connection, options.base), signal)) === true) {
          const { run, paused, eventId, at } = await options.standing();
          position = eventId;
          yield [{ id: eventId, type: 'sync.progress', at, run, paused }];
        }
        const entries = await untilAborted(readNext(position, connection, options), signal);
        const latest = entries?.at(-1);
        // Silence may mean that nothing happens, or that the stream is another one by now.
        isSure = latest !== undefined;
        hasFaults = false;
        if (entries === null || latest === undefined) continue;
        [position] = latest;
        yield documents.events(entries);
      } catch (error) {
        if (signal.aborted) return;
        if (connection.status === 'end') {
          throw new SyncStatusUnavailableError('the connection that followed the sync was closed', { cause: error });
        }
        if (!hasFaults) logger.warn(`Events of the sync cannot be read at present: ${reasonOf(error)}`);
        hasFaults = true;
        await delay(PAUSE_AFTER_FAULT_MS, signal);
      }
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Whether Redis never got as far as that position. */
async function isLost(position: string, connection: Redis, base: string): Promise<boolean> {
  const latest = (await LATEST_EVENT_ID.run(connection, [base], [])) as string;
  return isAfter(eventPosition(position), eventPosition(latest));
}

async function readNext(
  position: string,
  connection: Redis,
  { base, blockMs }: WatchOptions,
): Promise<readonly [id: string, fields: string[]][]> {
  // A connection whose other end went away without a word answers nothing, not even that nothing came. ioredis sends the
  // command again over the next connection.
  const silence = setInterval(() => {
    if (connection.status === 'ready') connection.disconnect(true);
  }, blockMs * 2);
  try {
    const reply = await connection.xread('COUNT', BATCH, 'BLOCK', blockMs, 'STREAMS', `${base}:sync:events`, position);
    return reply?.[0]?.[1] ?? [];
  } finally {
    clearInterval(silence);
  }
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 200);
}
