import { copyText } from '../../dom/copy-button.js';
import { h, setText } from '../../dom/h.js';
import { setAttribute } from '../../dom/update.js';

/**
 * Name and id.
 *
 * @param {import('../../app/context.js').AppContext} context
 * @param {import('../../http/api-types.js').Instance} instance
 */
export function nameCell({ notices }, { id }) {
  const name = h('span', { class: 'instance-name' });
  const copy = h(
    'button',
    {
      class: 'copy-id mono',
      type: 'button',
      title: `Copy ${id}`,
      on: {
        click: async () => {
          if (await copyText(id)) notices.success(`Copied ${id}.`);
        },
      },
    },
    h('span', { class: 'visually-hidden' }, 'Copy id '),
    id,
  );
  const element = h('th', { class: 'cell-name', role: 'rowheader', scope: 'row' }, name, copy);
  return {
    element,
    /** @param {import('../../http/api-types.js').Instance} next */
    update(next) {
      setText(name, next.name);
      setAttribute(name, 'title', next.name);
    },
  };
}
