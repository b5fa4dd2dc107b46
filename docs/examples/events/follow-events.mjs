/**
 * Follows the events of the fleet in a browser or in Node 20 and newer, through fetch, since `EventSource` cannot send a
 * key. Comes back by itself after whatever cuts it off, and goes on after the last event that was handled.
 *
 * @param {object} options
 * @param {string} options.url such as http://127.0.0.1:3000
 * @param {string} options.key
 * @param {string} [options.query] a filter, such as `types=instance.ready,sync.*`
 * @param {AbortSignal} options.signal ends it
 * @param {(type: string, data: any, id: string | undefined) => void} options.onEvent given the same event again after a
 *   while when it throws
 * @throws {Error} when the API refuses the request itself, as for a wrong key or an unknown type
 */
export async function followEvents({ url, key, query = '', signal, onEvent }) {
  let lastEventId = '';
  let waitMs = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const silence = new AbortController();
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    heard();
    try {
      const headers = { authorization: `Bearer ${key}`, ...(lastEventId !== '' && { 'last-event-id': lastEventId }) };
      const response = await fetch(`${url}/api/v1/events?${query}`, {
        headers,
        signal: AbortSignal.any([signal, silence.signal]),
      });
      await refuse(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        heard();
        waitMs = FIRST_WAIT_MS;
        const blocks = (rest + piece.value).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) {
          const fields = fieldsOf(block);
          if (fields.data !== undefined) onEvent(fields.event, JSON.parse(fields.data), fields.id);
          // An id moves the position also when it comes alone.
          lastEventId = fields.id ?? lastEventId;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RefusedError) throw error;
    } finally {
      clearTimeout(timer);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)));
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
  }
}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 30_000;
/** A heartbeat comes every 15 s. */
const SILENCE_MS = 40_000;

class RefusedError extends Error {}

/** A request that is wrong in itself will not get better; anything else may. */
async function refuse(response) {
  if (response.ok) return;
  const problem = await response.json();
  const isFinal = response.status < 500 && response.status !== 429;
  throw isFinal ? new RefusedError(problem.detail) : new Error(problem.detail);
}

/** Each field of this stream stands once and on one line. */
function fieldsOf(block) {
  return Object.fromEntries(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
}
