/** Below this share of its requests a key is near its limit: what is left is for what people do. */
const SCARCE = 0.3;

/** From here on nothing is asked for that can wait. */
const SPENT = 0.1;

/**
 * How much slower than usual the page asks for what it shows, by what the answers say of the key's limit. All pages that
 * are open with one key share that limit.
 */
export class RequestPace {
  constructor(now = () => Date.now()) {
    this.now = now;
    /** Of the requests in a window, the part that is left. */
    this.share = 1;
    this.endsAtMs = 0;
  }

  /** @param {Headers | null} headers of an answer */
  note(headers) {
    const limit = numberIn(headers?.get('ratelimit-policy'), 'key', 'q');
    const left = numberIn(headers?.get('ratelimit'), 'key', 'r');
    const seconds = numberIn(headers?.get('ratelimit'), 'key', 't');
    // Answers of public routes name another limit.
    if (limit === null || limit === 0 || left === null || seconds === null) return;
    this.share = left / limit;
    this.endsAtMs = this.now() + seconds * 1000;
  }

  /** @param {number} usualMs */
  waitMs(usualMs) {
    if (this.now() >= this.endsAtMs || this.share >= SCARCE) return usualMs;
    const untilNext = this.endsAtMs - this.now();
    return this.share < SPENT ? Math.max(usualMs, untilNext) : usualMs * 3;
  }

  /** Whether what is asked for now and then only had better wait for the next window. */
  get isScarce() {
    return this.now() < this.endsAtMs && this.share < SCARCE;
  }
}

/**
 * @param {string | null | undefined} header such as `"key";r=599;t=60`
 * @param {string} policy
 * @param {string} parameter
 */
function numberIn(header, policy, parameter) {
  const [name, ...parameters] = (header ?? '').split(';');
  if (name !== `"${policy}"`) return null;
  const found = parameters.find((text) => text.startsWith(`${parameter}=`))?.slice(parameter.length + 1) ?? '';
  return /^\d+$/.test(found) ? Number(found) : null;
}
