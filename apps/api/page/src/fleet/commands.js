import { newIdempotencyKey } from '../net/http-client.js';
import { problemText, sentence } from '../net/problem.js';
import { RESULTS } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('./context.js').ContextParts} ContextParts
 * @typedef {'start' | 'stop' | 'restart' | 'delete'} Command
 */

/** @param {Pick<Instance, 'id'>} instance */
export function pathOf({ id }) {
  return `/api/v1/instances/${encodeURIComponent(id)}`;
}

/**
 * The outcome of a command, with the name of the instance.
 *
 * @param {Pick<Instance, 'name'>} instance
 * @param {string} message of the API
 */
export function commandResult({ name }, message) {
  return `${name}: ${sentence(message)}`;
}

/**
 * Sends a command and applies the answer, which says how the instance stands.
 *
 * @param {ContextParts} parts
 * @param {Command} command
 * @param {Instance} instance
 * @returns {Promise<string>} what the API says became of it
 * @throws {import('../net/problem.js').ProblemError}
 */
export async function sendCommand({ http, fleet }, command, instance) {
  const headers = { 'idempotency-key': newIdempotencyKey() };
  const { body } =
    command === 'delete'
      ? await http.request('DELETE', pathOf(instance), { headers })
      : await http.post(`${pathOf(instance)}/${command}`, undefined, { headers });
  fleet.applyInstance(body);
  return body.message;
}

/**
 * As `sendCommand`, and shows what came of it.
 *
 * @param {ContextParts} parts
 * @param {Command} command
 * @param {Instance} instance
 */
export async function sendAndReport(parts, command, instance) {
  try {
    parts.toasts.success(commandResult(instance, await sendCommand(parts, command, instance)));
  } catch (error) {
    parts.toasts.failureText(commandResult(instance, problemText(error)));
  }
}

/**
 * Sets an instance that was made elsewhere aside, and shows what came of it.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 */
export async function ignoreAndReport({ http, fleet, toasts }, instance) {
  const path = `/api/v1/orphans/${encodeURIComponent(instance.novitaInstanceId ?? instance.id)}/ignore`;
  try {
    await http.post(path, undefined, { headers: { 'idempotency-key': newIdempotencyKey() } });
    toasts.success(commandResult(instance, RESULTS.ignored));
    await fleet.refresh();
  } catch (error) {
    toasts.failureText(commandResult(instance, problemText(error)));
  }
}

/**
 * Ends the time for which an instance was declared busy.
 *
 * @param {Pick<ContextParts, 'http' | 'fleet'>} parts
 * @param {Instance} instance
 * @returns {Promise<string>} what the API says became of it
 * @throws {import('../net/problem.js').ProblemError}
 */
export async function endLease({ http, fleet }, instance) {
  const headers = { 'idempotency-key': newIdempotencyKey() };
  const { body } = await http.request('DELETE', `${pathOf(instance)}/lease`, { headers });
  fleet.applyInstance(body);
  return body.message;
}

/**
 * As `endLease`, and shows what came of it.
 *
 * @param {ContextParts} parts
 * @param {Instance} instance
 */
export async function endLeaseAndReport(parts, instance) {
  try {
    parts.toasts.success(commandResult(instance, await endLease(parts, instance)));
  } catch (error) {
    parts.toasts.failureText(commandResult(instance, problemText(error)));
  }
}
