import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { isStoreAway, problemText } from '../net/problem.js';
import { whileBusy } from '../ui/buttons.js';
import { cardCell, cardRow, cardTable, cellNote } from '../ui/card-table.js';
import { h, refill, setHidden, setText } from '../ui/dom.js';
import { actorName, counted, formatCount } from '../ui/format.js';
import { emptyState } from '../ui/parts.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { disabledCount, endpointGets, endpointState, lastAnswer } from './webhook-messages.js';
import { WEBHOOKS } from './words.js';

/**
 * @typedef {import('../net/api-types.js').WebhookEndpoint} Endpoint
 * @typedef {import('../net/api-types.js').WebhookDelivery} Delivery
 * @typedef {import('../routing/router.js').ViewContext} ViewContext
 *
 * @typedef {object} WebhookReads
 * @property {LiveRead<import('../net/api-types.js').WebhookEndpointList>} endpoints
 * @property {LiveRead<import('../net/api-types.js').WebhookDeliveryPage>} undelivered those that were given up
 */

const PATH = '/api/v1/webhooks';
const DAY_MS = 86_400_000;
/** Messages are kept for so long. */
const KEPT_MS = 7 * DAY_MS;

/**
 * @param {ViewContext} view
 * @returns {WebhookReads}
 */
export function webhookReads({ fleet, signal }) {
  return {
    endpoints: new LiveRead(fleet, `${PATH}/endpoints`, signal, isConcerned),
    undelivered: new LiveRead(fleet, `${PATH}/deliveries?state=exhausted&limit=50`, signal, isConcerned),
  };
}

/**
 * How many addresses are switched off, beside the name of the tab; nothing while none is.
 *
 * @param {ViewContext} view
 * @param {WebhookReads} reads
 */
export function webhookMark({ signal }, { endpoints }) {
  const element = h('span', { class: 'badge activity-mark', data: { tone: 'bad' }, hidden: true });
  endpoints.state.watch(({ value }) => {
    const count = disabledCount(value?.endpoints ?? []);
    setHidden(element, count === 0);
    setText(element, WEBHOOKS.mark(formatCount(count)));
  }, signal);
  return element;
}

/**
 * The addresses that events are sent to, with how each stands, and the messages that none of them took.
 *
 * @param {HTMLElement} host
 * @param {ViewContext} view
 * @param {WebhookReads} reads
 */
export function webhooksPanel(host, view, reads) {
  const { endpoints, undelivered } = reads;
  const addresses = h('div', {});
  const messages = h('div', { class: 'stack' });
  const drawMessages = () => {
    const deliveries = undelivered.state.get().value?.deliveries;
    if (deliveries === undefined) return;
    // Redrawn only when something differs, so that the focus stays on its button.
    const from = [deliveries, endpoints.state.get().value?.endpoints.map(({ id, origin }) => [id, origin])];
    refill(messages, from, () => deliveryParts(deliveries, view, reads));
  };
  const element = h(
    'div',
    { class: 'stack' },
    h('p', { class: 'view-lead' }, WEBHOOKS.what),
    readView(endpoints, {
      content: addresses,
      draw: (list) => {
        refill(addresses, list, () => endpointParts(list.endpoints, view, reads));
        // The messages name their addresses by this list.
        drawMessages();
      },
      failed: failing(WEBHOOKS.failed, WEBHOOKS.storeAway),
      rows: 3,
    }),
    readView(undelivered, {
      content: messages,
      draw: drawMessages,
      failed: failing(WEBHOOKS.undeliveredFailed, WEBHOOKS.undeliveredAway),
      rows: 2,
    }),
  );
  host.append(element);
  onTick((nowMs) => tickMoments(element, nowMs), view.signal);
  void undelivered.read();
}

/**
 * Why something could not be read, in words.
 *
 * @param {string} failed
 * @param {string} away while Redis is
 * @returns {(problem: unknown) => string}
 */
function failing(failed, away) {
  return (problem) => (isStoreAway(problem) ? away : `${failed} ${problemText(problem)}`);
}

/**
 * @param {readonly Endpoint[]} endpoints
 * @param {ViewContext} view
 * @param {WebhookReads} reads
 */
function endpointParts(endpoints, view, reads) {
  if (endpoints.length === 0) return emptyState(WEBHOOKS.none, WEBHOOKS.noneHint);
  const { address, state, gets, actions } = WEBHOOKS.columns;
  return cardTable(
    WEBHOOKS.table,
    [address, state, gets, ...(view.session.may('admin') ? [actions] : [])],
    endpoints.map((endpoint) => endpointRow(endpoint, view, reads)),
  ).element;
}

/**
 * @param {Endpoint} endpoint
 * @param {ViewContext} view
 * @param {WebhookReads} reads
 */
function endpointRow(endpoint, view, { endpoints, undelivered }) {
  const { id, origin, url, description, kind, createdBy, state } = endpoint;
  const { text, tone, remark, since } = endpointState(endpoint);
  const whose = kind === 'managed' ? `${WEBHOOKS.kinds.managed} ${actorName(createdBy)}` : WEBHOOKS.kinds[kind];
  const { http, toasts } = view;
  /** @param {string} command @param {(body: any) => string} said */
  const send = async (command, said) => {
    try {
      const { body } = await http.post(`${PATH}/endpoints/${encodeURIComponent(id)}/${command}`);
      toasts.success(said(body));
      await Promise.all([endpoints.read(), undelivered.read()]);
    } catch (error) {
      toasts.failure(error);
    }
  };
  const toggle =
    state === 'active'
      ? commandButton(WEBHOOKS.pause, origin, () => send('pause', () => WEBHOOKS.keptFor(origin)))
      : commandButton(WEBHOOKS.resume, origin, () => send('resume', () => WEBHOOKS.resumed(origin)));
  const replay = commandButton(WEBHOOKS.replayMissed, origin, () => {
    const from = new Date(Date.now() - KEPT_MS).toISOString();
    return send(`replay?since=${encodeURIComponent(from)}`, ({ replayed }) =>
      WEBHOOKS.replayed(counted(replayed, 'message')),
    );
  });
  return cardRow(
    { endpoint: id, state },
    cardCell(
      WEBHOOKS.columns.address,
      h('span', { class: 'webhook-address' }, url ?? origin),
      cellNote([description, whose].filter(Boolean).join(' · ')),
    ),
    cardCell(
      WEBHOOKS.columns.state,
      h('span', { class: 'badge', data: { tone } }, text),
      since !== null && cellNote([remark, remark !== '' && ' · ', moment(since)]),
    ),
    cardCell(WEBHOOKS.columns.gets, endpointGets(endpoint)),
    view.session.may('admin') &&
      h('td', { role: 'cell', class: 'webhook-actions' }, toggle, state !== 'disabled' && replay),
  );
}

/**
 * @param {readonly Delivery[]} deliveries
 * @param {ViewContext} view
 * @param {WebhookReads} reads
 */
function deliveryParts(deliveries, view, { endpoints, undelivered }) {
  const { what, address, tried, why, actions } = WEBHOOKS.deliveries;
  const { http, toasts, session } = view;
  if (deliveries.length === 0) return h('p', { class: 'quiet' }, WEBHOOKS.allDelivered);
  const known = endpoints.state.get().value?.endpoints ?? [];
  /** @param {string} id */
  const replay = async (id) => {
    try {
      await http.post(`${PATH}/deliveries/${encodeURIComponent(id)}/replay`);
      toasts.success(WEBHOOKS.sentAgain);
      await undelivered.read();
    } catch (error) {
      toasts.failure(error);
    }
  };
  return [
    h('h2', {}, WEBHOOKS.undelivered),
    cardTable(
      WEBHOOKS.undelivered,
      [what, address, tried, why, ...(session.mayCommand ? [actions] : [])],
      deliveries.map((delivery) => {
        const { id, type, endpointId, attempts, createdAt } = delivery;
        const origin = known.find((endpoint) => endpoint.id === endpointId)?.origin ?? '';
        return cardRow(
          { delivery: id },
          cardCell(what, WEBHOOKS.message(type), cellNote(counted(attempts.length, 'try', 'tries'))),
          cardCell(address, origin),
          cardCell(tried, moment(attempts.at(-1)?.at ?? createdAt)),
          cardCell(why, lastAnswer(delivery)),
          session.mayCommand &&
            h(
              'td',
              { role: 'cell', class: 'webhook-actions' },
              commandButton(WEBHOOKS.again, type, () => replay(id)),
            ),
        );
      }),
    ).element,
  ];
}

/**
 * @param {string} text
 * @param {string} of what it concerns, for who hears the button alone
 * @param {() => Promise<void>} work
 */
function commandButton(text, of, work) {
  const button = h(
    'button',
    { class: 'button small', type: 'button' },
    text,
    h('span', { class: 'visually-hidden' }, ` ${of}`),
  );
  button.addEventListener('click', () => void whileBusy(button, work));
  return button;
}

/** Whether an event changes how an address stands. @param {string} type */
function isConcerned(type) {
  return type === 'webhook.disabled';
}
