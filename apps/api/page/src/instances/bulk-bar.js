import { h, setHidden, setText } from '../ui/dom.js';
import { counted } from '../ui/format.js';
import { Store } from '../ui/store.js';

/**
 * The actions for all selected rows.
 *
 * @param {import('../routing/router.js').ViewContext} context
 * @param {Selection} selection
 * @param {() => void} onClear moves the focus, which goes with the bar
 */
export function bulkBarView({ fleet, actions, signal }, selection, onClear) {
  const chosen = () => fleet.table.state.get().rows.filter(({ id }) => selection.has(id));
  const count = h('p', { class: 'numeric', role: 'status' });
  const buttons = actions.forSelection.map((action) => {
    const button = h('button', {
      class: action.command === 'delete' ? 'button danger' : 'button',
      type: 'button',
      on: { click: () => void action.run(chosen()) },
    });
    return { action, button };
  });
  const none = h('span', { class: 'quiet' }, 'No command fits them.');
  const clear = () => {
    selection.clear();
    onClear();
  };
  const element = h(
    'div',
    { class: 'bulk-bar', role: 'group', 'aria-label': 'Selected instances' },
    count,
    h(
      'div',
      { class: 'row' },
      buttons.map(({ button }) => button),
      none,
      h('button', { class: 'button plain', type: 'button', on: { click: clear } }, 'Clear'),
    ),
  );

  const draw = () => {
    const instances = chosen();
    setHidden(element, instances.length === 0);
    setText(count, instances.length === 0 ? '' : `${counted(instances.length)} selected`);
    for (const { action, button } of buttons) {
      const fitting = instances.filter((instance) => action.objection(instance) === '').length;
      setText(button, `${action.verb} ${fitting}…`);
      setHidden(button, fitting === 0);
    }
    setHidden(
      none,
      buttons.some(({ button }) => !button.hidden),
    );
  };
  selection.ids.watch(draw, signal);
  fleet.table.state.watch(() => {
    if (selection.ids.get().size > 0 || !element.hidden) draw();
  }, signal);
  return element;
}

/** The rows of the present page that are chosen for a command; what leaves the page is not chosen any more. */
export class Selection {
  /** @param {(emit: () => void) => void} [schedule] as of `Store` */
  constructor(schedule) {
    /** @type {Store<ReadonlySet<string>>} */
    this.ids = new Store(/** @type {ReadonlySet<string>} */ (new Set()), schedule);
  }

  /** @param {string} id */
  has(id) {
    return this.ids.get().has(id);
  }

  /**
   * @param {readonly string[]} ids
   * @param {boolean} chosen
   */
  set(ids, chosen) {
    const next = new Set(this.ids.get());
    for (const id of ids) {
      if (chosen) next.add(id);
      else next.delete(id);
    }
    this.put(next);
  }

  clear() {
    this.put(new Set());
  }

  /** @param {readonly {readonly id: string}[]} rows of the page */
  keep(rows) {
    const present = this.ids.get();
    if (present.size === 0) return;
    this.put(new Set(rows.map(({ id }) => id).filter((id) => present.has(id))));
  }

  /** @param {ReadonlySet<string>} next */
  put(next) {
    const present = this.ids.get();
    const isSame = next.size === present.size && [...next].every((id) => present.has(id));
    if (!isSame) this.ids.set(next);
  }
}

/**
 * @param {number} chosen
 * @param {number} all
 * @returns {'none' | 'some' | 'all'}
 */
export function extentOf(chosen, all) {
  if (chosen === 0) return 'none';
  return chosen === all ? 'all' : 'some';
}
