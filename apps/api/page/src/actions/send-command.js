import { newRepeatKey } from '../app/repeat-key.js';
import { problemText, sentence } from '../http/problem.js';

/**
 * @typedef {import('../http/api-types.js').Instance} Instance
 * @typedef {import('../app/context.js').ContextParts} ContextParts
 * @typedef {'start' | 'stop' | 'restart' | 'delete'} Command
 */

/** @param {Pick<Instance, 'id'>} instance */
export function pathOf({ id }) {
  return `/api/v1/instances/${encodeURIComponent(id)}`;
}

/**
 * What became of a command, with the name of the instance.
 *
 * @param {Pick<Instance, 'name'>} instance
 * @param {string} message of the API
 */
export function told({ name }, message) {
  return `${name}: ${sentence(message)}`;
}

/**
 * Sends a command and takes in how the instance stands by the answer.
 *
 * @param {ContextParts} parts
 * @param {Command} command
 * @param {Instance} instance
 * @returns {Promise<string>} what the API says became of it
 * @throws {import('../http/problem.js').ProblemError}
 */
export async function sendCommand({ http, fleet }, command, instance) {
  const headers = { 'idempotency-key': newRepeatKey() };
  const { body } =
    command === 'delete'
      ? await http.request('DELETE', pathOf(instance), { headers })
      : await http.post(`${pathOf(instance)}/${command}`, undefined, { headers });
  fleet.takeInstance(body);
  return body.message;
}

/**
 * As `sendCommand`, and tells what came of it.
 *
 * @param {ContextParts} parts
 * @param {Command} command
 * @param {Instance} instance
 */
export async function sendAndTell(parts, command, instance) {
  try {
    parts.notices.success(told(instance, await sendCommand(parts, command, instance)));
  } catch (error) {
    parts.notices.failureText(told(instance, problemText(error)));
  }
}
