import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ticker } from './ticker.js';

class FakePage extends EventTarget {
  visibilityState = 'visible';

  /** @param {'visible' | 'hidden'} state */
  becomes(state) {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

describe('the ticker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function aTicker() {
    const page = new FakePage();
    return { page, ticker: new Ticker(/** @type {Document} */ (/** @type {unknown} */ (page))) };
  }

  it('calls all every second with one timer, until nobody listens', () => {
    const { ticker } = aTicker();
    const first = vi.fn();
    const second = vi.fn();
    const endFirst = ticker.on(first);
    const endSecond = ticker.on(second);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(first).toHaveBeenCalledTimes(2);
    expect(first).toHaveBeenLastCalledWith(Date.now());
    endFirst();
    vi.advanceTimersByTime(1_000);
    expect(first).toHaveBeenCalledTimes(2);
    expect(second).toHaveBeenCalledTimes(3);
    endSecond();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rests while the page is hidden and catches up when it is seen again', () => {
    const { page, ticker } = aTicker();
    const listener = vi.fn();
    ticker.on(listener);
    page.becomes('hidden');
    vi.advanceTimersByTime(60_000);
    expect(listener).not.toHaveBeenCalled();
    page.becomes('visible');
    expect(listener).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    expect(listener).toHaveBeenCalledTimes(2);
  });
});
