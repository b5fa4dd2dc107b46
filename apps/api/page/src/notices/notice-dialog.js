import { instanceLink } from '../routing/links.js';
import { openDialog } from '../ui/dialog.js';
import { fill, h } from '../ui/dom.js';
import { openFormDialog } from '../ui/form-dialog.js';
import { choice, fieldGroup } from '../ui/form-fields.js';
import { emptyState } from '../ui/parts.js';
import { askPermission, keepChoice, permission, presentChoices } from './choices.js';
import { NOTICE_KINDS } from './notice-rules.js';
import { NOTICES } from './words.js';

/**
 * Asks what of an instance somebody wants notices about.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {Pick<import('../net/api-types.js').Instance, 'id' | 'name'>} instance
 */
export function openNoticesOf({ toasts }, { id, name }) {
  const present = presentChoices()[id];
  const choices = NOTICE_KINDS.map((kind) => ({
    kind,
    ...choice({
      type: 'checkbox',
      // Whoever comes here for the first time wants to know of everything; nothing is on before it is saved.
      checked: present === undefined || present.kinds.includes(kind),
      label: NOTICES.kinds[kind],
    }),
  }));
  const group = fieldGroup({
    legend: NOTICES.legend,
    pointer: '/kinds',
    content: choices.map(({ element }) => element),
  });
  const dialog = openFormDialog({
    title: NOTICES.title(name),
    body: [h('p', {}, NOTICES.lead), group.element],
    fields: [group],
    submitLabel: NOTICES.submit,
    toasts,
    submit: async () => {
      const kinds = choices.filter(({ input }) => input.checked).map(({ kind }) => kind);
      const answer = kinds.length === 0 ? 'granted' : await askPermission();
      if (answer !== 'granted') {
        dialog.inform(answer === 'missing' ? NOTICES.missing : NOTICES.denied);
        return null;
      }
      keepChoice(id, { name, kinds });
      return kinds.length === 0 ? NOTICES.saved.off(name) : NOTICES.saved.on(name);
    },
  });
  choices[0]?.input.focus();
  const before = permission();
  if (before === 'missing' || before === 'denied') {
    dialog.inform(before === 'missing' ? NOTICES.missing : NOTICES.denied);
  }
}

/** Shows everything that this browser shows notices about. */
export function openNoticeList() {
  const host = h('div', {});
  const draw = () => {
    const chosen = Object.entries(presentChoices());
    fill(
      host,
      chosen.length === 0
        ? emptyState(NOTICES.none)
        : h(
            'ul',
            { class: 'notice-list', 'aria-label': NOTICES.list },
            chosen.map(([id, { name, kinds }]) => line(id, name, kinds)),
          ),
    );
  };
  /**
   * @param {string} id
   * @param {string} name
   * @param {readonly import('./notice-rules.js').NoticeKind[]} kinds
   */
  const line = (id, name, kinds) => {
    const link = instanceLink({ id, name });
    link.addEventListener('click', () => dialog.close());
    const click = () => {
      keepChoice(id, { name, kinds: [] });
      draw();
      dialog.element.querySelector('button')?.focus();
    };
    return h(
      'li',
      { class: 'notice-line' },
      link,
      h('span', { class: 'quiet' }, kinds.map((kind) => NOTICES.kinds[kind]).join(', ')),
      h(
        'button',
        { class: 'button small', type: 'button', on: { click } },
        NOTICES.remove,
        h('span', { class: 'visually-hidden' }, NOTICES.removeRest(name)),
      ),
    );
  };
  const state = permission();
  const dialog = openDialog({
    title: NOTICES.listTitle,
    body: [
      state === 'denied' && h('p', { class: 'banner', data: { tone: 'warn' } }, NOTICES.denied),
      state === 'missing' && h('p', { class: 'banner', data: { tone: 'warn' } }, NOTICES.missing),
      h('p', {}, NOTICES.listLead),
      host,
    ],
  });
  draw();
}
