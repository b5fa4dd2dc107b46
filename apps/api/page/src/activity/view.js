import { viewHead } from '../ui/parts.js';
import { tabs } from '../ui/tabs.js';
import { queryOf } from './activity-filter.js';
import { eventsPanel } from './events-panel.js';
import { webhookMark, webhookReads, webhooksPanel } from './webhooks-panel.js';
import { ACTIVITY } from './words.js';

/** What happens in the fleet, as it happened and as it happens, and to whom it is sent. */

export const title = ACTIVITY.title;

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { place } = view;
  const reads = webhookReads(view);
  /** @returns {'events' | 'webhooks'} */
  const chosen = () => (place.query().get('tab') === 'webhooks' ? 'webhooks' : 'events');
  /** @type {ReturnType<typeof eventsPanel> | undefined} */
  let events;
  const { element, show } = tabs({
    label: ACTIVITY.tabs,
    tabs: [
      {
        name: 'events',
        text: ACTIVITY.events,
        make: (panel) => {
          events = eventsPanel(panel, view, (filter, options) => place.setQuery(queryOf(filter), options));
        },
      },
      { name: 'webhooks', text: ACTIVITY.webhooks, make: (panel) => webhooksPanel(panel, view, reads) },
    ],
    chosen: chosen(),
    onChoose: (name) =>
      place.setQuery(name === 'webhooks' ? '?tab=webhooks' : events === undefined ? '' : queryOf(events.filter())),
  });
  element.querySelector('#tab-webhooks')?.append(webhookMark(view, reads));
  host.append(viewHead(title), element);
  return {
    update: () => {
      show(chosen());
      if (chosen() === 'events') events?.update();
    },
    shown: Promise.all([events?.shown, reads.endpoints.read()]),
  };
}
