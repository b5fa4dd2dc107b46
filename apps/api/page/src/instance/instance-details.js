import { statusBadge } from '../instances/instance-lines.js';
import { stepLabel } from '../instances/instance-messages.js';
import { addressOf } from '../net/http-client.js';
import { problemAdvice, sentence } from '../net/problem.js';
import { copyButton } from '../ui/buttons.js';
import { facts } from '../ui/dialog.js';
import { h } from '../ui/dom.js';
import { actorName, isWebAddress, usdPerHour, withLocalTimes } from '../ui/format.js';
import { moment } from '../ui/ticker.js';

/** @typedef {import('../net/api-types.js').Instance} Instance */

/**
 * The instance itself: how it stands, what went wrong, how to reach it, what it was made of.
 *
 * @param {Instance} instance
 */
export function instanceDetails(instance) {
  return [
    h('h2', {}, 'How it stands'),
    lastError(instance),
    facts([
      ['Status', [statusBadge(instance.status), ' ', h('span', { class: 'quiet' }, stepLabel(instance))]],
      ['Desired', [`${instance.desired}, by ${actorName(instance.desiredBy)}, `, moment(instance.desiredAt)]],
      ['Novita says', instance.novitaStatus],
      ['Observed', instance.observedAt === undefined ? null : moment(instance.observedAt)],
      ['Agreed', instance.confirmedAt === null ? 'not yet' : moment(instance.confirmedAt)],
      ['Missing since', instance.missingSince === undefined ? null : moment(instance.missingSince)],
    ]),
    probes(instance),
    connections(instance),
    h('h2', {}, 'What it is'),
    facts([
      ['Machine', `${instance.gpuNum} × ${instance.product.name}, disk ${instance.rootfsSize} GB`],
      ['Region', instance.region ?? 'chosen by Novita'],
      ['Price', `${usdPerHour(instance.pricePerHour)} (${BILLING[instance.billingMode]})`],
      ['Image', copied('image', instance.image)],
      ['Template', instance.templateId],
      ['Id', copied('id', instance.id)],
      ['Novita id', instance.novitaInstanceId === undefined ? null : copied('Novita id', instance.novitaInstanceId)],
      ['Origin', ORIGINS[instance.origin]],
      ['Webhook', instance.webhookUrl],
      ['Variables', instance.envs.length === 0 ? null : h('ul', {}, instance.envs.map(variable))],
    ]),
  ];
}

/** @type {Readonly<Record<Instance['billingMode'], string>>} */
const BILLING = { onDemand: 'on demand', monthly: 'paid by the month', spot: 'spot' };

/** @type {Readonly<Record<Instance['origin'], string>>} */
const ORIGINS = { managed: 'made here', adopted: 'ours, found again', discovered: 'made elsewhere' };

/** @param {Instance} instance */
function lastError({ lastError: error }) {
  if (error === undefined) return null;
  return h(
    'div',
    { class: 'banner stack', data: { tone: 'bad' } },
    h('p', {}, h('strong', {}, sentence(withLocalTimes(error.message))), ' ', problemAdvice(error)),
    h(
      'p',
      {},
      moment(error.at),
      ', ',
      h(
        'a',
        { href: addressOf(`/errors/${encodeURIComponent(error.code)}`), target: '_blank', rel: 'noopener noreferrer' },
        'More about this error',
      ),
    ),
  );
}

/** @param {Instance} instance */
function probes({ probes: latest = [] }) {
  if (latest.length === 0) return null;
  return [
    h('h2', {}, 'Probes'),
    h(
      'ul',
      { class: 'bullets' },
      latest.map(({ port, protocol, ok, detail, at }) =>
        h(
          'li',
          {},
          h('span', { class: 'mono' }, `${port}/${protocol}`),
          ' ',
          h('span', { class: 'badge', data: { tone: ok ? 'ok' : 'warn' } }, ok ? 'answers' : 'no answer yet'),
          ` ${detail}, `,
          moment(at),
        ),
      ),
    ),
  ];
}

/** @param {Instance} instance */
function connections({ connectionDetails: { ssh, jupyter, webTerminal }, portMappings }) {
  const rows = facts([
    ['SSH', ssh === undefined ? null : copied('SSH command', ssh.command)],
    ['SSH password', ssh?.password === undefined ? null : secret('SSH password', ssh.password)],
    ['Jupyter', jupyter === undefined ? null : address('address of Jupyter', jupyter)],
    ['Web terminal', webTerminal === undefined ? null : address('address of the terminal', webTerminal.address)],
    ['Terminal user', webTerminal?.username],
    [
      'Terminal password',
      webTerminal?.password === undefined ? null : secret('terminal password', webTerminal.password),
    ],
    ...portMappings.map(
      ({ port, type, endpoint }) =>
        /** @type {const} */ ([
          `Port ${port}/${type}`,
          endpoint === undefined ? 'not known yet' : address(`endpoint of port ${port}`, endpoint),
        ]),
    ),
  ]);
  return rows === null ? null : [h('h2', {}, 'How to reach it'), rows];
}

/**
 * @param {string} label
 * @param {string} text
 */
function copied(label, text) {
  return h('span', { class: 'copied' }, h('code', {}, text), copyButton(label, text));
}

/** Kept off the screen, where others may look. @param {string} label @param {string} text */
function secret(label, text) {
  return h('span', { class: 'copied' }, h('span', { class: 'quiet' }, '••••••••'), copyButton(label, text));
}

/**
 * A text of the API is only ever a link when it is a page of the web.
 *
 * @param {string} label
 * @param {string} text
 */
function address(label, text) {
  const shown = isWebAddress(text)
    ? h('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text)
    : h('code', {}, text);
  return h('span', { class: 'copied' }, shown, copyButton(label, text));
}

/** @param {Instance['envs'][number]} shown */
function variable({ key, value }) {
  return h('li', {}, h('code', {}, value === undefined ? key : `${key}=${value}`));
}
