import { LiveRead } from '../fleet/live-read.js';
import { readView } from '../fleet/read-view.js';
import { viewAddress } from '../routing/links.js';
import { h, setAttribute, setHidden } from '../ui/dom.js';
import { figure, viewHead } from '../ui/parts.js';
import { onTick, tickMoments } from '../ui/ticker.js';
import { orphanFigure } from './orphan-figures.js';
import { orphanList } from './orphan-list.js';
import { ORPHANS } from './words.js';

/** What is at Novita and was not made here: to adopt, or to ignore. */

/** @typedef {import('../net/api-types.js').OrphanPageView} OrphanPage */

export const title = ORPHANS.title;

const PATH = '/api/v1/orphans?limit=200';

/** @type {import('../routing/router.js').ViewModule['mount']} */
export function mount(host, view) {
  const { fleet, place, signal } = view;
  /** @type {LiveRead<OrphanPage>} */
  const listed = new LiveRead(fleet, PATH, signal, isConcerned);
  /** @type {LiveRead<OrphanPage>} */
  const ignored = new LiveRead(fleet, `${PATH}&ignored=true`, signal, isConcerned);
  const reads = { listed, ignored };
  const again = async () => void (await Promise.all([listed.read(), ignored.read()]));
  const head = viewHead(title);
  const heading = /** @type {HTMLElement} */ (head.querySelector('h1'));
  const lists = /** @type {const} */ (['listed', 'ignored']).map((name) => {
    const read = reads[name];
    const search = name === 'ignored' ? '?list=ignored' : '';
    const own = figure(ORPHANS[name], { href: viewAddress('orphans', { search }), data: { list: name } });
    read.state.watch(({ value }) => {
      if (value === null) return;
      const { text, note } = orphanFigure(value);
      own.show(text, { note });
    }, signal);
    const list = orphanList(view, {
      isIgnored: name === 'ignored',
      ignoredTotal: () => ignored.state.get().value?.total ?? null,
      again,
      focus: () => heading.focus(),
    });
    const content = readView(read, { content: list.element, draw: (page) => list.draw(page), failed: ORPHANS.failed });
    return { name, figure: own.element, content };
  });
  const update = () => {
    const chosen = place.query().get('list') === 'ignored' ? 'ignored' : 'listed';
    for (const { name, figure: own, content } of lists) {
      setAttribute(own, 'aria-current', name === chosen ? 'true' : null);
      setHidden(content, name !== chosen);
    }
  };
  update();
  host.append(
    head,
    h('p', { class: 'view-lead' }, ORPHANS.what),
    h(
      'nav',
      { class: 'figures', 'aria-label': ORPHANS.lists },
      lists.map(({ figure: own }) => own),
    ),
    ...lists.map(({ content }) => content),
  );
  onTick((nowMs) => tickMoments(host, nowMs), signal);
  return { update, shown: again() };
}

/** Whether an event may change which orphans there are. @param {string} type */
function isConcerned(type) {
  return type.startsWith('instance.') || type === 'sync.completed';
}
