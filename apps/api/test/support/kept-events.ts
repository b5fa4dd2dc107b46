import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventListener, PresentState, ResumableEvents } from '../../src/core/sse/resumable-events.js';
import { SseConnection } from '../../src/core/sse/sse-connection.js';
import { compareEventIds } from '../../src/core/sse/sse-format.js';

/** Events that are known by their ids alone; what is kept and what was pushed move apart as a test likes. */
export class KeptEvents implements ResumableEvents<string> {
  readonly kept: string[] = [];
  readonly listeners = new Set<EventListener<string>>();
  /** Called in the middle of every read. */
  meanwhile: () => void = () => undefined;
  trimmedTo = '0-0';
  /** Which of them the reader wants. */
  wanted: (id: string) => boolean = () => true;
  /** What a reader that goes on gets beside. */
  standing = '';
  /** What follows a reset. */
  state: () => Promise<PresentState> | null = () => null;
  reads = 0;
  private pushed = '0-0';

  publish(id: string): void {
    this.kept.push(id);
    this.push(id);
  }

  /** Emits them together. */
  push(...ids: readonly string[]): void {
    this.pushed = ids.at(-1) ?? this.pushed;
    for (const listener of this.listeners) listener.events(ids);
  }

  subscribe(listener: EventListener<string>): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async eventsAfter(id: string, limit: number): Promise<readonly string[] | null> {
    this.reads++;
    const found = this.kept.filter((kept) => compareEventIds(kept, id) > 0).slice(0, limit);
    const isTrimmed = compareEventIds(id, this.trimmedTo) < 0;
    await nextTurn();
    this.meanwhile();
    await nextTurn();
    return isTrimmed ? null : found;
  }

  async latestId(): Promise<string> {
    return this.kept.at(-1) ?? '0-0';
  }

  idOf(id: string): string {
    return id;
  }

  knownId(): string {
    return this.pushed;
  }

  wants(id: string): boolean {
    return this.wanted(id);
  }

  render(ids: readonly string[]): string {
    return ids.filter(this.wanted).join('');
  }

  begin(): { readonly text: string; readonly id: string } {
    return { text: `state at ${this.pushed}`, id: this.pushed };
  }

  resume(): string {
    return this.standing;
  }

  reset(): string {
    return 'reset';
  }

  present(): Promise<PresentState> | null {
    return this.state();
  }
}

const over: (() => void)[] = [];

export interface Connected {
  readonly connection: SseConnection;
  readonly sent: string[];
  readonly raw: Writable;
}

export function connect(): Connected {
  const sent: string[] = [];
  const raw = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      sent.push(chunk);
      done();
    },
  });
  over.push(() => raw.destroy());
  const draining = new AbortController().signal;
  const options = {
    heartbeatMs: 15_000,
    maxBufferedBytes: () => 1e6,
    stallMs: 1_000,
    isEntitled: () => true,
    draining,
    onEnd: () => undefined,
  };
  return { connection: new SseConnection(raw, options), sent, raw };
}

/** A list of so many pieces as of the latest id, with something happening between them. */
export function listOf(events: KeptEvents, pieces: number, between: () => void): () => Promise<PresentState> {
  return async () => {
    const id = await events.latestId();
    async function* read(): AsyncGenerator<string> {
      for (let i = 1; i < pieces; i++) {
        yield 'piece';
        await nextTurn();
        between();
      }
      yield `all at ${id}`;
    }
    return { id, pieces: read() };
  };
}

export const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i}-0`);

/** To be called after each test, so that no connection keeps its timers. */
export function disconnectAll(): void {
  for (const end of over.splice(0)) end();
}

/** Cuts the connection that was made last. */
export function disconnectLatest(): void {
  over.at(-1)?.();
}

/** Has `disconnectAll` end it too. */
export function alsoDisconnect(end: () => void): void {
  over.push(end);
}
