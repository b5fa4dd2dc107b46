import { actorName, counted } from '../ui/format.js';
import { WEBHOOKS } from './words.js';

/**
 * The webhooks in words.
 *
 * @typedef {import('../net/api-types.js').WebhookEndpoint} Endpoint
 * @typedef {import('../net/api-types.js').WebhookDelivery} Delivery
 * @typedef {import('../fleet/status.js').Tone} Tone
 */

/**
 * How an address stands: a mark, why it stands so, and since when.
 *
 * @param {Endpoint} endpoint
 * @returns {{readonly text: string, readonly tone: Tone, readonly remark: string, readonly since: string | null}} `since` stands
 *   after the remark
 */
export function endpointState({ state, stateSince, pausedBy, disabledReason, failingSince }) {
  switch (state) {
    case 'disabled': {
      const why = WEBHOOKS.reasons[disabledReason ?? ''] ?? WEBHOOKS.notKnownWhy;
      return { text: WEBHOOKS.disabled, tone: 'bad', remark: why, since: stateSince ?? null };
    }
    case 'paused': {
      const remark = pausedBy === undefined ? '' : WEBHOOKS.by(actorName(pausedBy));
      return { text: WEBHOOKS.paused, tone: 'warn', remark, since: stateSince ?? null };
    }
    case 'active':
      if (failingSince === undefined) return { text: WEBHOOKS.active, tone: 'ok', remark: '', since: null };
      return { text: WEBHOOKS.failing, tone: 'warn', remark: WEBHOOKS.firstFailure, since: failingSince };
  }
}

/**
 * What an address gets.
 *
 * @param {Pick<Endpoint, 'types' | 'filter' | 'ordered'>} endpoint
 */
export function endpointGets({ types, filter, ordered }) {
  const isNarrowed = filter.name !== undefined || filter.region !== undefined || filter.owner !== undefined;
  return [
    types.length === 0 ? WEBHOOKS.allEvents : counted(types.length, WEBHOOKS.kindOfEvent, WEBHOOKS.kindsOfEvents),
    isNarrowed ? WEBHOOKS.only : '',
    ordered ? WEBHOOKS.ordered : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/**
 * What came of the last try of a message.
 *
 * @param {Pick<Delivery, 'attempts'>} delivery
 */
export function lastAnswer({ attempts }) {
  const last = attempts.at(-1);
  if (last === undefined) return WEBHOOKS.noAnswer;
  if (last.status !== undefined) return WEBHOOKS.answered(last.status);
  return last.message ?? WEBHOOKS.noAnswer;
}

/** @param {readonly Endpoint[]} endpoints */
export function disabledCount(endpoints) {
  return endpoints.filter(({ state, disabledReason }) => state === 'disabled' && disabledReason !== 'unset').length;
}
