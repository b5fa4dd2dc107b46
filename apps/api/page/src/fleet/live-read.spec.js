import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveRead } from './live-read.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal('document', { visibilityState: 'hidden' });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A fleet of which the test makes the events, and which answers with how often it was asked. */
function aFleet() {
  /** @type {((type: string, data: object) => void)[]} */
  const listeners = [];
  /** @type {(() => void)[]} */
  const readers = [];
  let asked = 0;
  const get = vi.fn(async (/** @type {string} */ path) => {
    asked += 1;
    return { status: 200, headers: new Headers({ 'x-data-as-of': 'then' }), body: `${path} ${asked}` };
  });
  return {
    get,
    emit: (/** @type {string} */ type) => {
      for (const listener of listeners) listener(type, {});
    },
    refresh: () => {
      for (const reader of readers) reader();
    },
    fleet: /** @type {ConstructorParameters<typeof LiveRead>[0]} */ (
      /** @type {unknown} */ ({
        http: { get },
        onEvent: (/** @type {typeof listeners[number]} */ listener) => listeners.push(listener),
        onRefresh: (/** @type {() => void} */ reader) => readers.push(reader),
      })
    ),
  };
}

describe('what a view reads by itself', () => {
  it('is read on demand, for events that concern it, and when all is read anew', async () => {
    const { fleet, get, emit, refresh } = aFleet();
    const read = new LiveRead(fleet, '/x', new AbortController().signal, (type) => type === 'instance.ready');
    expect(read.state.get()).toMatchObject({ value: null, isLoading: true });
    await read.read();
    expect(read.state.get()).toMatchObject({ value: '/x 1', isLoading: false, problem: null, asOf: 'then' });
    emit('sync.started');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(get).toHaveBeenCalledTimes(1);
    emit('instance.ready');
    await vi.advanceTimersByTimeAsync(400);
    expect(read.state.get().value).toBe('/x 2');
    refresh();
    await vi.advanceTimersByTimeAsync(0);
    expect(read.state.get().value).toBe('/x 3');
  });

  it('is not read more often than every five seconds, however many events come', async () => {
    const { fleet, get, emit } = aFleet();
    const read = new LiveRead(fleet, '/x', new AbortController().signal, () => true);
    await read.read();
    for (let i = 0; i < 100; i++) {
      emit('instance.updated');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(get).toHaveBeenCalledTimes(3);
  });

  it('keeps what it knew when it cannot be read, and says why', async () => {
    const { fleet, get } = aFleet();
    const read = new LiveRead(fleet, '/x', new AbortController().signal);
    await read.read();
    const away = new Error('away');
    get.mockRejectedValueOnce(away);
    await read.read();
    expect(read.state.get()).toMatchObject({ value: '/x 1', problem: away, isLoading: false });
  });

  it('shows the answer to the latest question alone, and nothing once its view is left', async () => {
    const { fleet, get, emit } = aFleet();
    const view = new AbortController();
    const read = new LiveRead(fleet, '/a', view.signal, () => true);
    const first = read.read();
    await read.readFrom('/b');
    await first;
    expect(read.state.get().value).toBe('/b 2');
    emit('instance.ready');
    view.abort();
    await vi.advanceTimersByTimeAsync(60_000);
    await read.read();
    expect(get).toHaveBeenCalledTimes(2);
  });
});
