import { formField } from '../../dom/form-field.js';
import { h } from '../../dom/h.js';
import { rowList } from '../../dom/row-list.js';

/** What few need, folded away. */
export function advancedFields() {
  const entrypoint = h('textarea', { class: 'input mono', rows: 1, autocomplete: 'off', spellcheck: 'false' });
  const imageAuthId = text({});
  const minCudaVersion = text({ placeholder: '12.4' });
  const webhookUrl = text({ inputmode: 'url', placeholder: 'https://hooks.example.com/fleet' });
  const single = [
    formField({
      label: 'Entrypoint',
      pointer: '/entrypoint',
      control: entrypoint,
      hint: "Replaces the image's ENTRYPOINT.",
    }),
    formField({
      label: 'Registry login',
      pointer: '/imageAuthId',
      control: imageAuthId,
      hint: 'Id of a login kept at Novita, for a private image.',
    }),
    formField({ label: 'CUDA at least', pointer: '/minCudaVersion', control: minCudaVersion, hint: 'Such as 12.4.' }),
    formField({
      label: 'Webhook',
      pointer: '/webhookUrl',
      control: webhookUrl,
      hint: 'Recorded and shown; nothing is delivered yet.',
    }),
  ];
  const storages = rowList({
    legend: 'Network storage',
    pointer: '/networkStorages',
    one: 'storage',
    columns: [
      { name: 'id', label: 'Id', make: (value) => text({ placeholder: 'id at Novita', value }) },
      { name: 'mountPoint', label: 'Path', make: (value) => text({ placeholder: '/network', value }) },
    ],
    hint: 'All of them must lie in one cluster, and the instance is made there.',
  });
  return {
    element: h(
      'details',
      { class: 'advanced' },
      h('summary', {}, 'Advanced'),
      h(
        'div',
        { class: 'stack' },
        h(
          'div',
          { class: 'field-grid' },
          single.map(({ element }) => element),
        ),
        storages.element,
      ),
    ),
    fields: [...single, storages],
    read: () => ({
      entrypoint: entrypoint.value,
      imageAuthId: imageAuthId.value,
      minCudaVersion: minCudaVersion.value,
      webhookUrl: webhookUrl.value,
      networkStorages: storages.get().map(({ id = '', mountPoint = '' }) => ({ id, mountPoint })),
    }),
  };
}

/** @param {Readonly<Record<string, unknown>>} props */
function text(props) {
  return h('input', { class: 'input mono', type: 'text', autocomplete: 'off', spellcheck: 'false', ...props });
}
