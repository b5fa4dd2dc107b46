// For browsers and for Node 18 or newer; needs no package.

/** The whole status. Public: it needs no key. */
export async function readSyncStatus(baseUrl, { signal } = {}) {
  const response = await fetch(`${baseUrl}/api/v1/sync/status`, { signal });
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}

/**
 * Pattern 1, poll: calls `onProgress` with every status until a sync has completed, and returns the last one.
 * Throws when the sync fails, and the signal's reason when it is aborted: `AbortSignal.timeout(60_000)` is a time limit.
 */
export async function waitForSync(baseUrl, { everyMs = 1_000, onProgress = () => {}, signal } = {}) {
  for (;;) {
    const status = await readSyncStatus(baseUrl, { signal });
    onProgress(status);
    if (status.status === 'completed') return status;
    if (status.status === 'failed') throw new Error(`the sync failed: ${status.error}`);
    await pause(everyMs, signal);
  }
}

/**
 * Pattern 2, headers: every answer of the API says how fresh it is, so no further request is needed.
 * In a browser on another origin the API must list that origin in CORS_ORIGINS.
 */
export function syncOfResponse(response) {
  const header = (name) => response.headers.get(`X-Sync-${name}`) ?? undefined;
  const [synced, total] = (header('Progress') ?? '').split('/').map(Number);
  return {
    status: header('Status'),
    step: header('Step'),
    currentResource: header('Current-Resource'),
    progress: total > 0 ? synced / total : undefined,
    endTime: header('End-Time'),
    durationMs: header('Duration') === undefined ? undefined : Number.parseInt(header('Duration'), 10),
    error: header('Error'),
  };
}

/**
 * Pattern 3, events: gives `{ id, event, data }` for the present status and then for every step of every sync, until
 * the signal is aborted. A lost connection is made again and goes on after the last event that was received. An event
 * `reset` says that some are missing in between; it has no `data.status`, and `sync.status` follows it.
 *
 * `EventSource` cannot send a key; this can.
 */
export async function* followSync(baseUrl, { key, lastEventId, signal }) {
  let seen = lastEventId;
  let retryMs = 1_000;
  for (;;) {
    try {
      const response = await fetch(`${baseUrl}/api/v1/sync/events`, {
        headers: {
          Accept: 'text/event-stream',
          Authorization: `Bearer ${key}`,
          ...(seen === undefined ? {} : { 'Last-Event-ID': seen }),
        },
        signal,
      });
      if (response.status === 401 || response.status === 403) throw new RefusedError(response.status);
      if (!response.ok) throw new Error(`the API answered ${response.status}`);
      for await (const event of eventsOf(response.body)) {
        retryMs = 1_000;
        seen = event.id ?? seen;
        yield { id: event.id, event: event.event, data: JSON.parse(event.data) };
      }
    } catch (error) {
      if (error instanceof RefusedError) throw error;
    }
    if (signal?.aborted) return;
    await pause(retryMs, signal).catch(() => {});
    if (signal?.aborted) return;
    retryMs = Math.min(2 * retryMs, 30_000);
  }
}

class RefusedError extends Error {
  constructor(status) {
    super(`the API answered ${status}: is the key right?`);
  }
}

/** Splits a stream into events. Comments, which keep the connection alive, are left out. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const event = { event: 'message', data: '' };
        for (const line of block.split(/\r?\n/)) {
          const [, field, text] = /^(\w+): ?(.*)$/.exec(line) ?? [];
          if (field === 'data') event.data += text;
          else if (field !== undefined) event[field] = text;
        }
        if (event.data !== '') yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
