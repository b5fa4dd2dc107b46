/**
 * An `Idempotency-Key`. Made without `crypto.randomUUID`, which browsers keep from pages that come over plain http from
 * another host.
 */
export function newRepeatKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The key of one form: the same content sent again after a lost answer is the same request, so that nothing is made
 * twice; other content, or the same after a refusal, is another one.
 */
export class RepeatKey {
  constructor() {
    this.key = newRepeatKey();
    this.content = '';
  }

  /** @param {unknown} body */
  for(body) {
    const content = JSON.stringify(body);
    if (content !== this.content && this.content !== '') this.key = newRepeatKey();
    this.content = content;
    return this.key;
  }

  /** The API keeps its refusals of content under the key; prices, stock and limits change, so the next try is a new one. */
  forget() {
    this.key = newRepeatKey();
    this.content = '';
  }
}

/**
 * Whether the API may have done what was asked for although no answer told so.
 *
 * @param {number} status 0 when no answer came
 */
export function isOutcomeUnknown(status) {
  return status === 0 || status >= 500;
}
