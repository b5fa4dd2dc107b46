import { choice, fieldGroup } from '../../dom/form-field.js';
import { h } from '../../dom/h.js';
import { kindWords } from '../../format/sync-words.js';
import { SYNC_KINDS, syncBody } from '../../state/sync-form.js';

/** What a sync by hand is asked to do, each with what it means. */
export function syncOptions() {
  const missing = choice({
    type: 'checkbox',
    checked: true,
    label: 'Look after instances that are missing',
    hint: 'Those that Novita neither lists nor knows when it is asked for them are marked or removed, as the settings say. Without this, records are only updated and added.',
  });
  const force = choice({
    type: 'checkbox',
    label: 'Let a held listing through',
    hint: 'A listing that lacks too many instances at once is held back. This lets it through, after Novita has denied each of them.',
  });
  const kinds = SYNC_KINDS.map((kind) => ({
    kind,
    box: choice({ type: 'checkbox', value: kind, checked: true, label: kindWords(kind) }),
  }));
  const resources = fieldGroup({
    legend: 'What is read at Novita',
    pointer: '/resources',
    hint: 'Choosing none means everything.',
    content: h(
      'div',
      { class: 'choice-grid' },
      kinds.map(({ box }) => box.element),
    ),
  });
  return {
    element: h('div', { class: 'stack' }, missing.element, force.element, resources.element),
    /** @param {boolean} dryRun */
    body: (dryRun) =>
      syncBody({
        dryRun,
        forceSync: force.input.checked,
        handleObsoleteInstances: missing.input.checked,
        resources: kinds.filter(({ box }) => box.input.checked).map(({ kind }) => kind),
      }),
  };
}
