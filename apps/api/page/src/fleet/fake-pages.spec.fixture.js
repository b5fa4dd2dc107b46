/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 *
 * @typedef {object} Asked
 * @property {string} path
 * @property {AbortSignal | undefined} signal
 * @property {(instances: readonly Instance[], nextCursor?: string | null, total?: number | null) => Promise<void>} answer
 * @property {(instance: Instance) => Promise<void>} answerOne
 * @property {() => Promise<void>} answerMissing
 * @property {(error: unknown) => Promise<void>} fail
 */

/** Stands in for the API: each request waits until the test answers it. It ignores who has given up waiting. */
export class FakePages {
  constructor() {
    /** @type {Asked[]} */
    this.asked = [];
  }

  /** @returns {Asked} the latest request */
  get latest() {
    const latest = this.asked.at(-1);
    if (latest === undefined) throw new Error('nothing was asked');
    return latest;
  }

  /**
   * @param {string} path
   * @param {import('../net/http-client.js').RequestOptions} [options]
   * @returns {Promise<import('../net/http-client.js').Answer>}
   */
  get(path, options = {}) {
    /** @type {PromiseWithResolvers<import('../net/http-client.js').Answer>} */
    const { promise, resolve, reject } = Promise.withResolvers();
    const headers = new Headers({ 'x-data-as-of': '2026-03-01T10:00:00.000Z' });
    this.asked.push({
      path,
      signal: options.signal,
      answer: (instances, nextCursor = null, total = instances.length) => {
        resolve({ status: 200, headers, body: { instances, total, nextCursor } });
        return settled();
      },
      answerOne: (instance) => {
        resolve({ status: 200, headers, body: instance });
        return settled();
      },
      answerMissing: () => {
        resolve({ status: 404, headers: new Headers(), body: {} });
        return settled();
      },
      fail: (error) => {
        reject(error);
        return settled();
      },
    });
    return promise;
  }
}

/** All that follows from answers that are there; a handful of steps of promises. */
async function settled() {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
