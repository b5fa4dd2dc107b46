import { h } from '../dom/h.js';
import { refill } from '../dom/update.js';

/**
 * In which region the table's instances are: of those that Novita has, and those that were seen here.
 *
 * @param {import('../app/context.js').AppContext} context
 */
export function regionFilterView({ fleet, http }) {
  const { table } = fleet;
  /** @type {Set<string>} */
  const known = new Set();
  let isAsked = false;
  const select = h('select', {
    class: 'select region-select',
    'aria-label': 'Region',
    on: { change: () => void table.setQuery({ region: select.value }) },
  });

  const draw = () => {
    const { region } = table.state.get().query;
    refill(select, [...known].sort(), () => [
      h('option', { value: '' }, 'Any region'),
      [...known].sort().map((name) => h('option', { value: name }, name)),
    ]);
    if (select.value !== region) select.value = region;
  };
  const ask = async () => {
    try {
      const { body } = await http.get('/api/v1/clusters');
      for (const { name } of body.clusters) known.add(name);
      draw();
    } catch {
      // Those that are on the page are offered all the same; the next reload of the page asks again.
    }
  };
  /** @type {unknown} */
  let seen;
  table.state.watch(({ rows, query, isLoaded }) => {
    if (query.region !== '') known.add(query.region);
    if (rows !== seen) for (const { region } of rows) if (region !== undefined && region !== '') known.add(region);
    seen = rows;
    draw();
    // After the rows, which somebody waits for.
    if (!isLoaded || isAsked) return;
    isAsked = true;
    void ask();
  });
  return select;
}
