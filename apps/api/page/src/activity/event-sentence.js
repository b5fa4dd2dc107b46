import { byWhom } from '../auto-stop/people.js';
import { gpuLabel } from '../instances/instance-messages.js';
import { sentence } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { changesText } from '../sync/run-messages.js';
import { apiText, dayLabel as dateLabel, once, usd, usdPerHour } from '../ui/format.js';
import { isOfInstance } from './event-kinds.js';
import { ACTIVITY } from './words.js';

/**
 * @typedef {import('./event-kinds.js').ActivityEvent} ActivityEvent
 * @typedef {import('./event-kinds.js').InstanceActivity} InstanceActivity
 *
 * @typedef {object} EventSentence an event in words
 * @property {{readonly id: string, readonly name: string} | null} instance its name begins the sentence
 * @property {string} text the sentence, or how it goes on after the name
 * @property {string} detail a further sentence, such as why; empty when there is none
 * @property {string} about what the instance is; empty where that is not known
 * @property {string | null} href where more is shown, of an event that is about no instance
 */

/**
 * @param {ActivityEvent} event
 * @param {(instanceId: string) => string | null} nameOf as it was before, for an instance of which the event says nothing
 * @returns {EventSentence}
 */
export function sentenceOf(event, nameOf) {
  if (isOfInstance(event)) return instanceSentence(event, nameOf);
  const none = { instance: null, about: '', detail: '' };
  switch (event.type) {
    case 'sync.started':
      return { ...none, text: syncStarted(event.trigger), href: viewAddress('sync') };
    case 'sync.completed':
      return { ...none, text: ACTIVITY.syncCompleted(changesText(event.changes)), href: viewAddress('sync') };
    case 'sync.failed':
      return { ...none, text: ACTIVITY.syncFailed, detail: detailOf(event.error), href: viewAddress('sync') };
    case 'sync.held':
      return {
        ...none,
        text: ACTIVITY.syncHeld,
        detail: detailOf(event.held?.reason),
        href: viewAddress('sync'),
      };
    case 'spend.warning':
      return {
        ...none,
        text: ACTIVITY.spent(usd(event.spentUsd), usd(event.limitUsd), event.levelPercent),
        detail: event.enforced ? ACTIVITY.creates : '',
        href: viewAddress('spend'),
      };
    case 'spend.bill_differs':
      return {
        ...none,
        text: ACTIVITY.billDiffers(dateLabel(event.day), usd(event.billedUsd), usd(event.meteredUsd)),
        href: viewAddress('spend'),
      };
    case 'webhook.disabled':
      return {
        ...none,
        text: ACTIVITY.webhookDisabled(event.origin),
        href: viewAddress('activity', { search: '?tab=webhooks' }),
      };
  }
}

/**
 * @param {InstanceActivity} event
 * @param {(instanceId: string) => string | null} nameOf
 * @returns {EventSentence}
 */
function instanceSentence({ type, instanceId, instance }, nameOf) {
  const name = instance?.name ?? nameOf(instanceId) ?? ACTIVITY.aRemoved;
  return {
    instance: { id: instanceId, name },
    text: ACTIVITY.ofInstance[type](instance === undefined ? '' : byWhom(instance.desiredBy)),
    detail: type === 'instance.failed' ? detailOf(instance?.lastError?.message) : '',
    about: instance === undefined ? '' : aboutOf(instance),
    href: null,
  };
}

/** A text of the API as a sentence of its own. @param {string | undefined} text */
function detailOf(text) {
  return text === undefined || text === '' ? '' : sentence(apiText(text));
}

/**
 * Such as `8 × RTX 4090 · EU-01 · $2.80/h`.
 *
 * @param {NonNullable<InstanceActivity['instance']>} instance
 */
function aboutOf({ product, gpuNum, region, pricePerHour }) {
  const price = pricePerHour === undefined ? '' : usdPerHour(pricePerHour);
  return [gpuLabel({ product, gpuNum }), region ?? '', price].filter((part) => part !== '').join(' · ');
}

/** @param {string} trigger */
function syncStarted(trigger) {
  const { syncStarted: texts } = ACTIVITY;
  return trigger === 'startup' || trigger === 'schedule' || trigger === 'manual' || trigger === 'retry'
    ? texts[trigger]
    : texts.other;
}

/**
 * The day of an event as a heading, in the reader's own zone.
 *
 * @param {string} at ISO 8601
 * @param {number} nowMs
 */
export function dayLabel(at, nowMs) {
  const day = dayOf(Date.parse(at));
  if (day === dayOf(nowMs)) return ACTIVITY.today;
  return day === dayOf(nowMs - 86_400_000) ? ACTIVITY.yesterday : day;
}

const DAY = once(() => new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }));

/** @param {number} atMs */
function dayOf(atMs) {
  return DAY().format(atMs);
}
