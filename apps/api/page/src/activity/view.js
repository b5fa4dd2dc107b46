import { instanceLink } from '../routing/links.js';
import { h, setHidden } from '../ui/dom.js';
import { emptyState, viewHead } from '../ui/parts.js';
import { moment, onTick, tickMoments } from '../ui/ticker.js';
import { ACTIVITY } from './words.js';

/** What happens in the fleet, as it happens. */

export const title = ACTIVITY.title;

const MOST = 500;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, { fleet, signal }) {
  const list = h('ol', { class: 'activity' });
  const nothing = emptyState(ACTIVITY.waiting, ACTIVITY.waitingHint);
  host.append(viewHead(title), nothing, list);
  fleet.onEvent((type, { instance }) => {
    const text = ACTIVITY.events[type];
    if (text === undefined || instance === undefined) return;
    setHidden(nothing, true);
    list.prepend(
      h(
        'li',
        { class: 'activity-line' },
        moment(new Date().toISOString()),
        h('p', {}, instanceLink(instance), ` ${text}`),
      ),
    );
    while (list.childElementCount > MOST) list.lastElementChild?.remove();
  }, signal);
  onTick((nowMs) => tickMoments(list, nowMs), signal);
}
