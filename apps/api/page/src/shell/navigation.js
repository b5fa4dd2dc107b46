import { figuresOf } from '../fleet/figures.js';
import { viewAddress } from '../routing/links.js';
import { VIEW_NAMES } from '../routing/words.js';
import { h, setAttribute, setHidden, setText } from '../ui/dom.js';
import { formatCount } from '../ui/format.js';
import { icon } from '../ui/icons.js';
import { SHELL } from './words.js';

/** In this order. The view of one instance belongs to the instances, and that of a cluster is for those who have one. */
const SHOWN = /** @type {const} */ (['instances', 'overview', 'activity', 'spend', 'sync', 'orphans', 'cluster']);

/**
 * The way from view to view: a rail at the left, a bar at the bottom on a phone. A link to another view leads to where one
 * was in it last.
 *
 * @param {import('../fleet/context.js').AppContext} context
 */
export function navigationView({ fleet, router, session }) {
  /** Query with which each view was left. @type {Map<string, string>} */
  const left = new Map();
  const shown = SHOWN.filter((name) => name !== 'cluster' || session.me.kubernetes);
  const links = shown.map((name) => {
    const badge = h('span', { class: 'nav-count numeric', hidden: true });
    const element = h(
      'a',
      { class: 'nav-link', href: viewAddress(name), data: { view: name } },
      icon(name),
      h('span', { class: 'nav-text' }, VIEW_NAMES[name]),
      badge,
    );
    return { name, element, badge };
  });
  router.place.watch(({ name: present, search }) => {
    if (present !== null) left.set(present, search);
    const marked = present === 'instance' ? 'instances' : present;
    for (const { name, element } of links) {
      const isPresent = name === present;
      setAttribute(element, 'aria-current', isPresent ? 'page' : name === marked ? 'true' : null);
      setAttribute(element, 'href', viewAddress(name, { search: isPresent ? '' : (left.get(name) ?? '') }));
    }
  });
  fleet.dashboard.watch((dashboard) => {
    const orphans = figuresOf(dashboard)?.attention.orphans ?? 0;
    for (const { name, badge } of links) {
      if (name !== 'orphans') continue;
      setHidden(badge, orphans === 0);
      setText(badge, formatCount(orphans));
    }
  });
  return h(
    'nav',
    { class: 'nav', 'aria-label': SHELL.views },
    links.map(({ element }) => element),
  );
}
