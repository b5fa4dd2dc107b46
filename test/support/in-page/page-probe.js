/**
 * Runs in the page before all else: notes when it can be used, and on demand what keeps it from answering. Times are
 * milliseconds since the navigation began.
 */
(() => {
  /** So often the event loop is looked at. */
  const EVERY_MS = 20;
  let stop = () => undefined;

  const probe = {
    usableAtMs: null,
    /** Begins to note from now on. */
    begin() {
      const seen = { longTasks: [], clicks: [], lags: [], gaps: [] };
      /** @param {string} type @param {(entry: PerformanceEntry) => void} take @param {object} [options] */
      const observe = (type, take, options) => {
        const observer = new PerformanceObserver((list) => list.getEntries().forEach(take));
        observer.observe({ type, ...options });
        return observer;
      };
      const observers = [
        observe('longtask', ({ duration }) => seen.longTasks.push(duration)),
        // From the press to the frame that shows what came of it; shorter ones than 16 ms are not reported.
        observe('event', ({ name, duration }) => name === 'click' && seen.clicks.push(duration), {
          durationThreshold: 16,
        }),
      ];
      let due = performance.now() + EVERY_MS;
      const timer = setInterval(() => {
        const now = performance.now();
        seen.lags.push(Math.max(0, now - due));
        due = now + EVERY_MS;
      }, EVERY_MS);
      let before = performance.now();
      let request = requestAnimationFrame(function frame(now) {
        seen.gaps.push(now - before);
        before = now;
        request = requestAnimationFrame(frame);
      });
      stop = () => {
        clearInterval(timer);
        cancelAnimationFrame(request);
        for (const observer of observers) observer.disconnect();
        return seen;
      };
    },
    /** What was noted since. */
    end: () => stop(),
    /** What was fetched until the page could be used. */
    fetched: () =>
      performance
        .getEntriesByType('resource')
        .filter(({ startTime }) => startTime < probe.usableAtMs)
        .map(({ name, transferSize }) => ({ path: new URL(name).pathname, bytes: transferSize })),
  };
  globalThis.pageProbe = probe;

  const isUsable = () => {
    const search = document.querySelector('input[type="search"]');
    return search !== null && !search.disabled && document.querySelector('tbody tr') !== null;
  };
  const observer = new MutationObserver(() => {
    if (!isUsable()) return;
    observer.disconnect();
    // The task after the next frame: by then it has been painted.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        probe.usableAtMs = performance.now();
      };
      port2.postMessage(null);
    });
  });
  observer.observe(document, { childList: true, subtree: true });
})();
