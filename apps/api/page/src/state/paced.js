import { nextFrame } from './store.js';

/**
 * A schedule for a store of which news may come in bursts: the first is told with the next frame, further ones together
 * after a while. Nobody reads faster, and each redraw of a table makes the browser lay it out anew.
 *
 * @param {number} leastMs between two redraws
 * @param {(tell: () => void) => void} [frame]
 * @returns {(tell: () => void) => void} as of `Store`
 */
export function paced(leastMs, frame = nextFrame) {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return (tell) => {
    const inFrame = () =>
      frame(() => {
        toldAtMs = performance.now();
        tell();
      });
    const waitMs = toldAtMs + leastMs - performance.now();
    if (waitMs > 0) setTimeout(inFrame, waitMs);
    else inFrame();
  };
}
