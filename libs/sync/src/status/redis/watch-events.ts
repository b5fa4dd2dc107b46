import { oneLine, type Timestamp } from '@app/platform';
import { followStream, isAfter, StreamClosedError } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { BEFORE_FIRST_EVENT, eventPosition } from '../event-position.js';
import type { SyncEvent, SyncSnapshot } from '../sync-status.js';
import { SyncStatusUnavailableError } from '../sync-status-store.port.js';
import type { StatusDocuments } from './status-documents.js';

export interface WatchOptions {
  /** Makes a connection that waits for Redis as long as it takes. It is closed here. */
  readonly connect: () => Redis;
  readonly hashTag: string;
  readonly eventLimit: number;
  readonly blockMs: number;
  readonly documents: StatusDocuments;
  /** The status as it stands, read anew. */
  readonly standing: () => Promise<SyncSnapshot & { readonly at: Timestamp }>;
  readonly signal: AbortSignal;
}

/**
 * Every event after that one, as it comes. When events after it may be lost (trimmed away, or gone with all that Redis
 * held), one `sync.progress` tells the status as it stands, and events go on from there.
 *
 * @throws SyncStatusUnavailableError when the status cannot be read, or somebody else closed the connection
 */
export async function* watchEvents(from: string, options: WatchOptions): AsyncGenerator<readonly SyncEvent[]> {
  const { connect, hashTag, eventLimit, blockMs, documents, standing, signal } = options;
  const logger = new Logger('SyncStatus');
  const onInterruption = (reason: unknown): void => {
    if (reason !== null) logger.warn(`Events of the sync cannot be read at present: ${reasonOf(reason)}`);
  };
  const stream = { connect, hashTag, stream: ':sync:events', limit: eventLimit, blockMs, signal, onInterruption };
  // Events that came between the loss and the reading of the status are in it already.
  let readAt = eventPosition(BEFORE_FIRST_EVENT);
  try {
    for await (const piece of followStream(from, stream)) {
      if (piece.kind === 'entries') {
        const events = documents.events(piece.entries).filter(({ id }) => isAfter(eventPosition(id), readAt));
        if (events.length > 0) yield events;
      } else {
        const { run, paused, eventId, at } = await standing();
        readAt = eventPosition(eventId);
        yield [{ id: eventId, type: 'sync.progress', at, run, paused }];
      }
    }
  } catch (error) {
    if (!(error instanceof StreamClosedError)) throw error;
    throw new SyncStatusUnavailableError('the connection that followed the sync was closed', { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 200);
}
