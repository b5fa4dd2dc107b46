import type { Clock } from './time.js';

/**
 * The result of a promise, or null as soon as the signal is aborted, whatever becomes of the promise then. Nothing is
 * left on the signal, so it may live as long as the process.
 */
export async function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return null;
  }
  let abort: (() => void) | undefined;
  const aborted = new Promise<null>((resolve) => {
    abort = () => resolve(null);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

/** Comes back after that time, or as soon as the signal is aborted. */
export async function delay(ms: number, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await untilAborted(over, signal);
  clearTimeout(timer);
}

/**
 * Handles items side by side, at most `limit` at a time. The next item is asked for only when there is a hand free, so
 * a slow handler holds its source back. After the first failure no further item is begun.
 *
 * @returns the results in the order of the items
 * @throws the first failure, when those under way have ended
 */
export async function sideBySide<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  handle: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const results: Result[] = [];
  let exhausted = false;
  let places = 0;
  const hand = async (): Promise<void> => {
    while (!exhausted && failures.length === 0) {
      const next = await source.next();
      if (next.done === true) {
        exhausted = true;
        continue;
      }
      const place = places++;
      if (failures.length === 0) results[place] = await handle(next.value);
    }
  };
  const hands = Array.from({ length: limit }, () =>
    hand().catch((error: unknown) => {
      failures.push(error);
    }),
  );
  await Promise.all(hands);
  if (failures.length === 0) return results;
  await source.return?.();
  throw failures[0];
}

/** Consecutive pieces of at most `size`. */
export function* inBatches<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The first requests should see the truth already, but nobody waits for a Redis that is away. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 1_000;

export interface LifelongSteps {
  /** Where the following is to begin; tried until it succeeds. Comes back at once when the signal is aborted. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  /** Comes back when the signal is aborted; begun again when it ends by itself. */
  readonly follow: (signal: AbortSignal) => Promise<void>;
  /** Called every time that one of them failed. */
  readonly onError: (error: unknown) => void;
}

/** Follows something for as long as the process lives. */
export class Lifelong {
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly steps: LifelongSteps) {}

  /** Comes back when the beginning is made or has failed once, or after a second at the latest. */
  async start(): Promise<void> {
    const failed = Promise.withResolvers<void>();
    const begun = this.begin(failed.resolve);
    this.running = begun.then(() => this.follow());
    const patience = new AbortController();
    await Promise.race([begun, failed.promise, delay(PATIENCE_MS, patience.signal)]);
    patience.abort();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  private async begin(onError: () => void): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.steps.begin(signal);
        return;
      } catch (error) {
        this.fail(error);
        onError();
        await delay(RETRY_MS, signal);
      }
    }
  }

  private async follow(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.steps.follow(signal);
      } catch (error) {
        this.fail(error);
      }
      await delay(RETRY_MS, signal);
    }
  }

  private fail(error: unknown): void {
    if (!this.end.signal.aborted) this.steps.onError(error);
  }
}

/** The listeners to what happens in this process. One that fails does not keep the others from being called. */
export class Listeners<Listener> {
  private readonly subscriptions = new Set<{ readonly listener: Listener }>();

  /** @param onError called with what a listener threw */
  constructor(private readonly onError: (error: unknown) => void) {}

  /** @returns ends the subscription; the same listener may have several */
  add(listener: Listener): () => void {
    const subscription = { listener };
    this.subscriptions.add(subscription);
    return () => void this.subscriptions.delete(subscription);
  }

  /** Calls them in the order in which they came, but for one that comes meanwhile and one that has gone. */
  emit(call: (listener: Listener) => void): void {
    for (const subscription of Array.from(this.subscriptions)) {
      if (!this.subscriptions.has(subscription)) continue;
      try {
        call(subscription.listener);
      } catch (error) {
        this.onError(error);
      }
    }
  }
}

/** The answer to one question for a short time, so that those who ask at once ask together. Errors are not kept. */
export class ShortMemory<Answer> {
  private kept: { readonly about: number; readonly atMs: number; readonly answer: Promise<Answer> } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly keptMs: number,
  ) {}

  /** @param about identifies the question; the latest is remembered */
  recall(about: number, ask: () => Promise<Answer>): Promise<Answer> {
    const { kept } = this;
    const now = this.clock.now();
    if (kept !== null && kept.about === about && Math.abs(now - kept.atMs) < this.keptMs) return kept.answer;
    const answer = ask();
    const asked = { about, atMs: now, answer };
    this.kept = asked;
    answer.catch(() => {
      if (this.kept === asked) this.kept = null;
    });
    return answer;
  }
}
