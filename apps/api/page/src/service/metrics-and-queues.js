import { addressOf } from '../net/address.js';
import { openDialog } from '../ui/dialog.js';
import { h, setText } from '../ui/dom.js';
import { SERVICE } from './words.js';

/**
 * Shows `/metrics`, which a tab of its own could not: it has no header for the key.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 */
export async function openMetrics({ http, toasts }) {
  /** @type {string} */
  let text;
  try {
    text = String((await http.get('/metrics')).body);
  } catch (error) {
    toasts.failure(error);
    return;
  }
  const shown = h('pre', { class: 'metrics', tabIndex: 0, role: 'region', 'aria-label': SERVICE.metrics });
  const count = h('p', { class: 'field-hint', role: 'status' });
  const filter = h('input', { id: 'metrics-filter', class: 'input', type: 'search', autocomplete: 'off' });
  const show = () => {
    const { lines, families } = filteredMetrics(text, filter.value);
    setText(shown, lines.join('\n'));
    setText(count, families === 0 ? SERVICE.noMetric : SERVICE.metricsFound(families));
  };
  filter.addEventListener('input', show);
  show();
  openDialog({
    title: SERVICE.metrics,
    body: [
      h('div', { class: 'field' }, h('label', { for: 'metrics-filter' }, SERVICE.metricsFilter), filter, count),
      shown,
      h('p', { class: 'field-hint' }, SERVICE.metricsHint),
    ],
    shape: 'wide',
  });
  filter.focus();
}

/**
 * Opens the board of the queues in a tab of its own, once the session for it exists. `noopener` does more than cut the
 * way back: without it the browser copies the session storage of this tab, and with it the key, into the new one.
 *
 * @param {import('../fleet/context.js').ContextParts} parts
 */
export async function openQueues({ http, toasts }) {
  try {
    await http.post('/admin/queues/session');
  } catch (error) {
    toasts.failure(error);
    return;
  }
  // A press lets the page open a tab for a few seconds, and `window.open` does not say whether one without opener came.
  if (!navigator.userActivation.isActive) {
    toasts.failureText(SERVICE.queuesLate);
    return;
  }
  window.open(addressOf('/admin/queues'), '_blank', 'noopener,noreferrer');
}

/**
 * The families of a Prometheus text whose name holds what was typed; a family is its help, its type and its samples, and
 * an empty line stands before the next.
 *
 * @param {string} text
 * @param {string} part
 */
export function filteredMetrics(text, part) {
  const wanted = part.trim().toLowerCase();
  const families = text.split(/\n\s*\n/).filter((family) => family.trim() !== '');
  const kept = families.filter((family) => nameOf(family).includes(wanted));
  return { lines: kept.join('\n\n').trim().split('\n'), families: kept.length };
}

/** @param {string} family */
function nameOf(family) {
  return (/^# (?:HELP|TYPE) (\S+)/m.exec(family)?.[1] ?? family.trim()).toLowerCase();
}
