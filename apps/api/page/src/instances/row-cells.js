/**
 * The cells of a row. Each touches only what differs from what it shows.
 */

import { statusTone } from '../fleet/status.js';
import { addressOf } from '../net/http-client.js';
import { problemAdvice } from '../net/problem.js';
import { viewAddress } from '../routing/links.js';
import { copyText, whileBusy } from '../ui/buttons.js';
import { fill, h, refill, setAttribute, setHidden, setState, setText } from '../ui/dom.js';
import { clockTime, usdPerHour, withLocalTimes } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { menuButton } from '../ui/menu.js';
import {
  connectionsOf,
  gpuLabel,
  idleMessage,
  notesOf,
  placeLabel,
  roughlyAgo,
  statusLine,
  uptimeMessage,
} from './instance-messages.js';

/**
 * Name and id.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {import('../net/api-types.js').Instance} instance
 */
export function nameCell({ toasts }, { id }) {
  const name = h('a', { class: 'instance-name', href: viewAddress('instance', { id }) });
  const copy = h(
    'button',
    {
      class: 'copy-id mono',
      type: 'button',
      title: `Copy ${id}`,
      on: {
        click: async () => {
          if (await copyText(id)) toasts.success(`Copied ${id}.`);
        },
      },
    },
    h('span', { class: 'visually-hidden' }, 'Copy id '),
    id,
  );
  const element = h('th', { class: 'cell-name', role: 'rowheader', scope: 'row' }, name, copy);
  return {
    element,
    /** @param {import('../net/api-types.js').Instance} next */
    update(next) {
      setText(name, next.name);
      setAttribute(name, 'title', next.name);
    },
  };
}

/** @typedef {import('../net/api-types.js').Instance} Instance */

/** How an instance stands, what must be known beside it, and what went wrong with what to do about it. */
export function statusCell() {
  const badge = h('span', { class: 'badge' });
  const notes = h('ul', { class: 'notes' });
  const left = h('p', { class: 'note' }, 'does not match the filters any more');
  const summary = h('summary', {});
  const advice = h('div', { class: 'last-error-advice' });
  const lastErrorBox = h('details', { class: 'last-error' }, summary, advice);
  const element = h('td', { role: 'cell', data: { label: 'Status' } }, badge, notes, lastErrorBox, left);
  return {
    element,
    /**
     * @param {Instance} instance
     * @param {boolean} isMatch whether it still matches the filters of the table
     */
    update(instance, isMatch) {
      setState(badge, { text: statusLine(instance), tone: statusTone(instance.status) });
      setHidden(left, isMatch);
      const { lastError } = instance;
      setHidden(lastErrorBox, lastError === undefined);
      if (lastError === undefined) return;
      setAttribute(lastErrorBox, 'data-tone', instance.status === 'failed' ? 'bad' : 'warn');
      setText(summary, withLocalTimes(lastError.message));
      refill(advice, lastError, () => [
        h('p', {}, problemAdvice(lastError)),
        h(
          'p',
          {},
          h('a', { href: addressOf(`/errors/${encodeURIComponent(lastError.code)}`) }, 'More about this error'),
        ),
      ]);
    },
    /**
     * @param {Instance} instance
     * @param {number} nowMs
     * @param {number | null} confirmPatienceMs
     */
    tick(instance, nowMs, confirmPatienceMs) {
      const current = notesOf(instance, nowMs, confirmPatienceMs);
      // Their texts age; which there are changes with the instance alone.
      refill(
        notes,
        current.map(({ key }) => key),
        () => current.map(() => h('li', { class: 'note' })),
      );
      for (const [index, note] of current.entries()) {
        const line = notes.children[index];
        if (line instanceof HTMLElement) setState(line, note);
      }
    },
  };
}

/** While nothing is paid for, a price is what it would cost. */
const UNPAID = new Set(['stopped', 'terminated']);

/** The plain facts of an instance: machine, price, times. */
export function factCells() {
  const gpu = h('span', { class: 'fact' });
  const place = h('span', { class: 'fact quiet' });
  const price = h('span', { class: 'numeric' });
  const run = h('span', { class: 'numeric' });
  const made = h('time', { class: 'numeric' });
  const idle = h('span', { class: 'fact numeric' });
  const stop = h('span', { class: 'fact numeric' });
  const idleCell = h('td', { role: 'cell', class: 'cell-idle', data: { label: 'Idle' } }, idle, stop);
  const runCell = h('td', { role: 'cell', class: 'cell-up', data: { label: 'Up' } }, run);
  return {
    elements: [
      h('td', { role: 'cell', class: 'cell-machine', data: { label: 'GPU' } }, gpu, place),
      h('td', { role: 'cell', class: 'cell-price', data: { label: 'Price' } }, price),
      runCell,
      h('td', { role: 'cell', data: { label: 'Created' } }, made),
      idleCell,
    ],
    /** @param {Instance} instance */
    update(instance) {
      setText(gpu, gpuLabel(instance));
      setText(place, placeLabel(instance));
      setText(price, usdPerHour(instance.pricePerHour));
      setAttribute(price, 'class', UNPAID.has(instance.status) ? 'numeric quiet' : 'numeric');
      setAttribute(made, 'datetime', instance.createdAt);
      setAttribute(made, 'title', clockTime(instance.createdAt));
    },
    /**
     * @param {import('../fleet/known-instance.js').KnownInstance} instance
     * @param {number} nowMs
     * @param {import('../net/api-types.js').DashboardView['autoStop'] | undefined} autoStop
     */
    tick(instance, nowMs, autoStop) {
      const up = uptimeMessage(instance, nowMs);
      setText(run, up.text);
      setAttribute(run, 'class', up.isUp ? 'numeric' : 'numeric quiet');
      setAttribute(run, 'title', up.hint === '' ? null : up.hint);
      setAttribute(runCell, 'data-empty', up.text === '' ? '' : null);
      setText(made, roughlyAgo(instance.createdAt, nowMs));
      const message = idleMessage(instance, nowMs, autoStop);
      setText(idle, message.idle);
      setText(stop, message.stop);
      setAttribute(stop, 'data-tone', message.tone === '' ? null : message.tone);
      setAttribute(idleCell, 'title', message.hint === '' ? null : message.hint);
      setAttribute(idleCell, 'data-empty', message.idle + message.stop === '' ? '' : null);
    },
  };
}

/**
 * @typedef {import('./instance-messages.js').Connection} Connection
 */

/** This many find room beside each other; a menu holds the rest. */
const IN_A_ROW = 2;

/**
 * Ways to reach an instance.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
export function connectCell({ toasts }) {
  const row = h('div', { class: 'cell-buttons' });
  const element = h('td', { role: 'cell', class: 'cell-connect', data: { label: 'Connect' } }, row);

  /** @param {Connection} connection */
  const copy = async ({ what, text }) => {
    if (await copyText(text)) toasts.success(`Copied the ${what}.`);
  };
  /**
   * @param {Connection} connection
   * @param {string} name of the instance
   */
  const button = (connection, name) => {
    const { kind, label, what, text } = connection;
    const title = kind === 'open' ? `Open ${what}: ${text}` : `Copy ${what}`;
    const ofWhom = h('span', { class: 'visually-hidden' }, ` of ${name}, ${kind === 'open' ? 'opens a tab' : 'copy'}`);
    return kind === 'open'
      ? h(
          'a',
          { class: 'button small', href: text, target: '_blank', rel: 'noopener noreferrer', title },
          label,
          ofWhom,
          icon('open'),
        )
      : h(
          'button',
          { class: 'button small', type: 'button', title, on: { click: () => void copy(connection) } },
          label,
          ofWhom,
          icon('copy'),
        );
  };
  /** @param {Connection} connection @returns {import('../ui/menu.js').MenuItem} */
  const item = (connection) =>
    connection.kind === 'open'
      ? { label: `Open ${connection.what}`, href: connection.text }
      : { label: `Copy ${connection.what}`, pick: () => void copy(connection) };

  return {
    element,
    /** @param {Instance} instance */
    update(instance) {
      const connections = connectionsOf(instance);
      setAttribute(element, 'data-empty', connections.length === 0 ? '' : null);
      const atHand = connections.length <= IN_A_ROW ? connections : connections.slice(0, IN_A_ROW);
      const rest = connections.slice(atHand.length);
      refill(row, [instance.name, connections], () => [
        atHand.map((connection) => button(connection, instance.name)),
        rest.length > 0 &&
          menuButton({
            name: `more ways to reach ${instance.name}`,
            label: `+${rest.length}`,
            items: () => rest.map(item),
          }),
      ]);
    },
  };
}

/** @typedef {import('../fleet/context.js').InstanceAction} InstanceAction */

/**
 * The actions for an instance. A button that stays is the same element, so that a change of the row takes neither the
 * focus nor a command under way from it.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {Instance} first
 */
export function actionCell({ actions }, first) {
  let instance = first;
  let shown = '';
  /** @type {Map<InstanceAction, HTMLButtonElement>} */
  const buttons = new Map();

  /**
   * @param {HTMLButtonElement} button
   * @param {InstanceAction} action
   */
  const run = (button, action) => void whileBusy(button, () => action.run(instance));

  const menu = menuButton({
    name: `More for ${first.name}`,
    label: icon('more'),
    buttonClass: 'button small icon',
    items: () =>
      actions.forRow(instance).more.map((action) => ({
        label: action.text,
        pick: () => run(menu, action),
        isDangerous: action.isDangerous,
      })),
  });
  /** @param {InstanceAction} action */
  const buttonOf = (action) => {
    const known = buttons.get(action);
    if (known !== undefined) return known;
    const button = h(
      'button',
      { class: 'button small', type: 'button', on: { click: () => run(button, action) } },
      action.text,
      h('span', { class: 'visually-hidden' }, ` ${first.name}`),
    );
    buttons.set(action, button);
    return button;
  };

  const row = h('div', { class: 'cell-buttons' });
  const element = h('td', { role: 'cell', class: 'cell-actions', data: { label: 'Actions' } }, row);
  return {
    element,
    /** @param {Instance} next */
    update(next) {
      instance = next;
      const { main, more } = actions.forRow(next);
      const key = `${main.map(({ name }) => name).join()} ${more.length > 0}`;
      if (key === shown) return;
      shown = key;
      const hadFocus = row.contains(document.activeElement);
      const focused = document.activeElement;
      fill(row, main.map(buttonOf), more.length > 0 && menu);
      if (!hadFocus) return;
      // The command that was just given is gone: the focus goes to what took its place, not to the top of the page.
      const heir = focused instanceof HTMLElement && row.contains(focused) ? focused : row.querySelector('button');
      heir?.focus({ preventScroll: true });
    },
  };
}
