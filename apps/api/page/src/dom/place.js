const GAP_PX = 4;
const EDGE_PX = 8;

/**
 * Puts something of the top layer below an element, or above it where there is more room; always within the window.
 *
 * @param {HTMLElement} layer
 * @param {Element} anchor
 */
export function placeBeside(layer, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = layer;
  const below = innerHeight - at.bottom - GAP_PX - EDGE_PX;
  const isBelow = height <= below || below >= at.top;
  const top = isBelow ? at.bottom + GAP_PX : at.top - GAP_PX - height;
  layer.style.top = `${clamp(top, innerHeight - height - EDGE_PX)}px`;
  layer.style.left = `${clamp(at.right - width, innerWidth - width - EDGE_PX)}px`;
}

/**
 * @param {number} value
 * @param {number} most
 */
function clamp(value, most) {
  return Math.max(EDGE_PX, Math.min(value, most));
}
