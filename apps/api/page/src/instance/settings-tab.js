import { settingsMessage } from '../auto-stop/auto-stop-settings.js';
import { lifetimeMessage } from '../auto-stop/lifetime.js';
import { decisionDetails } from '../auto-stop/verdict.js';
import { WHY } from '../auto-stop/words.js';
import { readView } from '../fleet/read-view.js';
import { facts } from '../ui/dialog.js';
import { h, refill } from '../ui/dom.js';
import { card } from './overview-tab.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../fleet/live-read.js').LiveRead<import('../net/api-types.js').IdleEvaluation>} IdleRead
 */

/**
 * What is set for an instance, and what auto-stop makes of it.
 *
 * @param {HTMLElement} host
 * @param {object} parts
 * @param {import('./view.js').InstanceRead} parts.read
 * @param {IdleRead} parts.idle
 * @param {import('../fleet/context.js').Actions} parts.actions
 * @param {AbortSignal} parts.signal
 */
export function settingsTab(host, { read, idle, actions, signal }) {
  const own = h('div', { class: 'stack' });
  const decision = h('div', { class: 'stack' });
  host.append(
    h(
      'div',
      { class: 'instance-cards' },
      card(INSTANCE.autoStop, own),
      card(
        WHY.decided,
        readView(idle, {
          content: decision,
          draw: (value) => refill(decision, { ...value, evaluatedAt: '' }, () => decisionDetails(value)),
          failed: INSTANCE.idleFailed,
          rows: 3,
        }),
      ),
    ),
  );
  read.watch((instance) => {
    const { autoStop, lifetime, webhookUrl, origin, status } = instance;
    const offered = actions.forView(instance).filter(({ name }) => name === 'autoStop');
    refill(own, [autoStop, lifetime, webhookUrl, origin, status, offered.length], () => [
      origin === 'discovered'
        ? h('p', {}, INSTANCE.noSettings)
        : facts([
            [INSTANCE.itsSetting, settingsMessage(autoStop)],
            [INSTANCE.lifetime, lifetimeMessage(instance)],
            [INSTANCE.webhook, webhookUrl],
          ]),
      status === 'terminated' ? h('p', { class: 'quiet' }, INSTANCE.gone) : null,
      offered.length === 0
        ? null
        : h(
            'div',
            { class: 'row' },
            offered.map(({ text, run }) =>
              h('button', { class: 'button small', type: 'button', on: { click: () => void run(read.now()) } }, text),
            ),
          ),
    ]);
  }, signal);
}
