import { byWhom, peopleText, untilText, whenText } from '../auto-stop/people.js';
import {
  costSoFar,
  gpuLabel,
  idleMessage,
  ownerLabel,
  statusLine,
  uptimeMessage,
} from '../instances/instance-messages.js';
import { INSTANCES } from '../instances/words.js';
import { copyButton } from '../ui/buttons.js';
import { facts } from '../ui/dialog.js';
import { h, refill, setHidden } from '../ui/dom.js';
import { clockTime, formatCount, isWebAddress, usd, usdPerHour } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { figure } from '../ui/parts.js';
import { watchAll } from '../ui/store.js';
import { moment, onTick } from '../ui/ticker.js';
import { stepsOf } from './steps.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 * @typedef {import('../fleet/known-instance.js').KnownInstance} KnownInstance
 * @typedef {import('./steps.js').Step} Step
 */

/**
 * The instance at a glance: its figures, its way so far, its machine, its ports, and what names it.
 *
 * @param {HTMLElement} host
 * @param {object} parts
 * @param {import('./view.js').InstanceRead} parts.instance
 * @param {import('../fleet/fleet.js').Fleet} parts.fleet
 * @param {AbortSignal} parts.signal
 */
export function overviewTab(host, { instance: read, fleet, signal }) {
  const figures = figureLine();
  const steps = h('ol', { class: 'steps' });
  const machine = h('div', {});
  const ports = h('div', {});
  const identity = h('div', {});
  host.append(
    h(
      'div',
      { class: 'stack' },
      figures.element,
      h(
        'div',
        { class: 'instance-cards' },
        card(INSTANCE.steps, steps),
        card(INSTANCE.machine, machine),
        card(INSTANCE.ports, ports),
        card(INSTANCE.identity, identity),
      ),
    ),
  );
  const draw = () => figures.draw(read.now(), Date.now(), fleet.autoStop());
  onTick(draw, signal);
  watchAll([fleet.dashboard, fleet.health], draw, signal);
  read.watch((instance) => {
    draw();
    refill(steps, [stepsOf(instance), statusLine(instance)], () => stepsOf(instance).map(stepLine));
    refill(machine, machineOf(instance), () => machineFacts(instance));
    refill(ports, [instance.portMappings, instance.probes], () => portTable(instance));
    refill(identity, { ...instance, cost: null, revision: 0, probes: null }, () => identityFacts(instance));
  }, signal);
}

/** Prices, cost, use and time: each as the API says it, and as it is by now. */
function figureLine() {
  const price = namedFigure('price', INSTANCE.price);
  const cost = namedFigure('cost', INSTANCE.cost);
  const use = namedFigure('use', INSTANCE.use);
  const up = namedFigure('up', INSTANCE.up);
  return {
    element: h(
      'div',
      { class: 'figures instance-figures', role: 'group', 'aria-label': INSTANCE.figures },
      [price, cost, use, up].map(({ element }) => element),
    ),
    /**
     * @param {KnownInstance} instance
     * @param {number} nowMs
     * @param {import('../fleet/fleet.js').AutoStop | undefined} autoStop
     */
    draw(instance, nowMs, autoStop) {
      const { pricePerHour, billedNow, cost: soFar } = instance;
      const note =
        billedNow === undefined ? INSTANCE.notBilled : billedNow === 'running' ? '' : INSTANCE.billedThoughStopped;
      price.show(pricePerHour === undefined ? null : usdPerHour(pricePerHour), {
        note,
        tone: billedNow === 'though-stopped' ? 'warn' : null,
      });
      const from = soFar === undefined ? '' : countedFromText(soFar.countedFrom, instance.createdAt, nowMs);
      cost.show(soFar === undefined ? usd(0) : usd(costSoFar(soFar, nowMs)), { note: from });
      const { idle, stop, tone } = idleMessage(instance, nowMs, autoStop);
      use.show(idle, { note: stop, tone: tone === '' ? null : tone });
      setHidden(use.element, idle === '');
      const uptime = uptimeMessage(instance, nowMs);
      up.show(uptime.text);
      setHidden(up.element, !uptime.isUp);
    },
  };
}

/** @param {string} name @param {string} label */
export function namedFigure(name, label) {
  return figure(label, { data: { figure: name, state: 'loading' } });
}

/** It is not billed before Novita has made it. */
const UNCOUNTED_MS = 10 * 60_000;

/** Said where its cost is not known from its beginning. @param {string} from @param {string} createdAt @param {number} nowMs */
export function countedFromText(from, createdAt, nowMs) {
  return Date.parse(from) - Date.parse(createdAt) < UNCOUNTED_MS ? '' : INSTANCE.countedFrom(untilText(from, nowMs));
}

/** @param {string} title @param {HTMLElement} content */
export function card(title, content) {
  return h('section', { class: 'card stack' }, h('h2', {}, title), content);
}

/** @type {Readonly<Record<Step['state'], {readonly icon: import('../ui/icons.js').IconName, readonly tone: string}>>} */
const SIGNS = {
  done: { icon: 'check', tone: 'ok' },
  now: { icon: 'progress', tone: 'busy' },
  next: { icon: 'dash', tone: 'idle' },
  failed: { icon: 'cross', tone: 'bad' },
};

/** @param {Step} step */
function stepLine({ name, state, at, by, ports, novita }) {
  const sign = SIGNS[state];
  const said = state === 'now' ? INSTANCE.stepNow : state === 'failed' ? INSTANCE.stepFailed : '';
  const remarks = [
    ports !== undefined && state !== 'next' ? INSTANCE.stepPorts(ports.ok, ports.all) : '',
    by === undefined ? '' : INSTANCE.stepBy(byWhom(by)),
    novita === undefined ? '' : INSTANCE.novitaSays(novita),
  ].filter(Boolean);
  return h(
    'li',
    { class: 'step', data: { state, tone: sign.tone } },
    h('span', { class: 'step-sign' }, icon(sign.icon)),
    h(
      'span',
      { class: 'step-text' },
      h(
        'span',
        { class: 'step-name' },
        INSTANCE.step[name],
        said === '' ? null : h('span', { class: 'quiet' }, `, ${said}`),
      ),
      remarks.length === 0 ? null : h('span', { class: 'quiet' }, remarks.join(', ')),
    ),
    h('span', { class: 'step-time quiet numeric' }, at === undefined ? null : moment(at)),
  );
}

/** @param {Instance} instance */
function machineOf({ product, gpuNum, rootfsSize, region, billingMode, image, templateId, envs, spot }) {
  return { product, gpuNum, rootfsSize, region, billingMode, image, templateId, envs, spot };
}

/** @param {Instance} instance */
function machineFacts(instance) {
  const { rootfsSize, region, billingMode, image, templateId, envs, spot } = instance;
  return facts([
    [INSTANCE.gpu, gpuLabel(instance)],
    [INSTANCE.disk, INSTANCE.gigabytes(formatCount(rootfsSize))],
    [INSTANCE.region, region ?? INSTANCE.anyRegion],
    [INSTANCE.billing, INSTANCES.billings[billingMode]],
    [INSTANCE.spot, spot?.reclaimAt === undefined ? null : INSTANCE.spotUntil(whenText(spot.reclaimAt, Date.now()))],
    [INSTANCE.image, copied(INSTANCE.image, image)],
    [INSTANCE.template, templateId === undefined ? null : h('code', {}, templateId)],
    [INSTANCE.variables, envs.length === 0 ? null : h('ul', { class: 'plain-list' }, envs.map(variable))],
  ]);
}

/** @param {Instance['envs'][number]} shown */
function variable({ key, value }) {
  return h('li', {}, h('code', {}, value === undefined ? key : `${key}=${value}`));
}

/** @param {Instance} instance */
function identityFacts(instance) {
  const { id, novitaInstanceId, createdAt, origin, observedAt, confirmedAt, missingSince } = instance;
  return facts([
    [INSTANCE.id, copied(INSTANCE.id, id)],
    [INSTANCE.novitaId, novitaInstanceId === undefined ? null : copied(INSTANCE.novitaId, novitaInstanceId)],
    [INSTANCE.owner, ownerLabel(instance.owner)],
    [INSTANCE.origin, INSTANCES.origins[origin]],
    [INSTANCE.created, [clockTime(createdAt), ' (', moment(createdAt), ')']],
    [INSTANCE.observed, observedAt === undefined ? null : moment(observedAt)],
    [INSTANCE.agreed, origin === 'discovered' ? null : confirmedAt === null ? INSTANCE.notYet : moment(confirmedAt)],
    [INSTANCE.missing, missingSince === undefined ? null : moment(missingSince)],
  ]);
}

/** The ports, each with what its latest probe found. @param {Instance} instance */
function portTable({ portMappings, probes = [] }) {
  if (portMappings.length === 0) return h('p', { class: 'quiet' }, INSTANCE.noPorts);
  return h(
    'ul',
    { class: 'ports' },
    portMappings.map(({ port, type, endpoint }) => {
      const probe = probes.find((one) => one.port === port && one.protocol === type);
      return h(
        'li',
        { class: 'port' },
        h('span', { class: 'mono' }, `${port}/${type}`),
        probe === undefined
          ? h('span', { class: 'badge', data: { tone: 'idle' } }, INSTANCE.notProbed)
          : h(
              'span',
              { class: 'badge', data: { tone: probe.ok ? 'ok' : 'warn' } },
              probe.ok ? INSTANCE.answers : INSTANCE.answersNot,
            ),
        h(
          'span',
          { class: 'quiet port-detail' },
          probe === undefined ? null : [`${peopleText(probe.detail)}, `, moment(probe.at)],
        ),
        endpoint === undefined
          ? h('span', { class: 'quiet port-address' }, INSTANCE.endpointUnknown)
          : h('span', { class: 'port-address' }, webAddress(endpoint)),
      );
    }),
  );
}

/** A text of the API is only ever a link when it is a page of the web. @param {string} text */
export function webAddress(text) {
  return isWebAddress(text)
    ? h('a', { href: text, target: '_blank', rel: 'noopener noreferrer' }, text)
    : h('code', {}, text);
}

/**
 * @param {string} label
 * @param {string} text
 */
export function copied(label, text) {
  return h('span', { class: 'copied' }, h('code', {}, text), copyButton(label, text));
}
