import { openDialog } from '../dom/dialog.js';
import { h, setText } from '../dom/h.js';
import { filteredMetrics } from '../format/metrics-text.js';

/**
 * Shows `/metrics`, which a tab of its own could not: it has no header for the key.
 *
 * @param {import('../app/context.js').ContextParts} parts
 */
export async function openMetrics({ http, notices }) {
  /** @type {string} */
  let text;
  try {
    text = String((await http.get('/metrics')).body);
  } catch (error) {
    notices.failure(error);
    return;
  }
  const shown = h('pre', { class: 'metrics', tabIndex: 0, role: 'region', 'aria-label': 'Metrics' });
  const count = h('p', { class: 'field-hint', role: 'status' });
  const filter = h('input', { id: 'metrics-filter', class: 'input', type: 'search', autocomplete: 'off' });
  const show = () => {
    const { lines, families } = filteredMetrics(text, filter.value);
    setText(shown, lines.join('\n'));
    setText(count, families === 0 ? 'No metric has this in its name.' : `${families} metrics`);
  };
  filter.addEventListener('input', show);
  show();
  openDialog({
    title: 'Metrics',
    body: [
      h('div', { class: 'field' }, h('label', { for: 'metrics-filter' }, 'Part of the name'), filter, count),
      shown,
      h('p', { class: 'field-hint' }, 'As this process counts them; Prometheus reads the same at /metrics.'),
    ],
    shape: 'wide',
  });
  filter.focus();
}
