import { onTick } from '../app/ticker.js';
import { whileBusy } from '../dom/busy.js';
import { h, setText } from '../dom/h.js';
import { setAttribute, setHidden } from '../dom/update.js';
import { nextStopFigure } from '../format/dashboard-words.js';
import { clockTime } from '../format/time.js';
import { cardView } from './card.view.js';

/**
 * Which instance auto-stop takes next, and when; its name tells why.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function nextStopView({ fleet, http, notices, actions }) {
  /** @type {import('../http/api-types.js').Dashboard['autoStop'] | null} */
  let autoStop = null;
  /** @type {HTMLButtonElement} */
  const name = h('button', { class: 'link card-name', type: 'button', on: { click: () => void explain() } });
  const card = cardView('Next auto-stop', name);

  const explain = () =>
    whileBusy(name, async () => {
      const id = autoStop?.next?.instanceId;
      if (id === undefined) return;
      try {
        const shown = fleet.table.state.get().rows.find((row) => row.id === id);
        actions.explain(shown ?? (await http.get(`/api/v1/instances/${encodeURIComponent(id)}`)).body);
      } catch (error) {
        notices.failure(error);
      }
    });
  const draw = () => {
    if (autoStop === null) return;
    card.show(nextStopFigure(autoStop, Date.now()));
    const isShown = autoStop.enabled && autoStop.suspended === undefined;
    const next = isShown ? autoStop.next : undefined;
    setHidden(name, next === undefined);
    setText(name, next?.name ?? '');
    setAttribute(name, 'title', next === undefined ? null : clockTime(next.stopAt));
    setAttribute(name, 'aria-label', next === undefined ? null : `Why ${next.name} is to be stopped`);
  };
  onTick(draw);
  return {
    element: card.element,
    /** @param {boolean} hasFailed */
    showUnknown(hasFailed) {
      autoStop = null;
      card.showUnknown(hasFailed);
      setHidden(name, true);
    },
    /** @param {import('../http/api-types.js').Dashboard['autoStop']} shown */
    show(shown) {
      autoStop = shown;
      draw();
    },
  };
}
