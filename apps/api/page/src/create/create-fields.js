import { LIMITS } from '../net/api-limits.js';
import { h } from '../ui/dom.js';
import { formField, rowList } from '../ui/form-fields.js';

const { minimum, maximum } = LIMITS.create.gpuNum;
const GPU_COUNTS = Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);

const BILLING_MODES = [
  ['onDemand', 'On demand'],
  ['spot', 'Spot: cheaper, and may be reclaimed'],
  ['monthly', 'Monthly: paid in advance'],
];

/** The fields of a create that hold one value each, and are always shown. */
export function plainFields() {
  const name = h('input', {
    class: 'input',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    required: true,
  });
  const template = h('select', { class: 'select' });
  const image = h('input', { class: 'input mono', autocomplete: 'off', spellcheck: 'false' });
  const imageHint = h('span', {});
  const gpuNum = h(
    'select',
    { class: 'select' },
    GPU_COUNTS.map((count) => h('option', { value: count }, count)),
  );
  const billingMode = h(
    'select',
    { class: 'select' },
    BILLING_MODES.map(([value, label]) => h('option', { value }, label)),
  );
  const region = h('select', { class: 'select' }, h('option', { value: '' }));
  const disk = h('input', { class: 'input', autocomplete: 'off', inputmode: 'numeric' });
  const diskHint = h('span', {});
  const command = h('textarea', { class: 'input mono', rows: 1, autocomplete: 'off', spellcheck: 'false' });

  const nameField = formField({
    label: 'Name',
    pointer: '/name',
    control: name,
    hint: `Letters, digits and hyphens, up to ${LIMITS.create.name.maxLength}.`,
  });
  const templateField = formField({ label: 'Template', pointer: '/templateId', control: template });
  const imageField = formField({ label: 'Image', pointer: '/image', control: image, hint: imageHint });
  const gpuNumField = formField({ label: 'GPUs', pointer: '/gpuNum', control: gpuNum });
  const billingField = formField({ label: 'Billing', pointer: '/billingMode', control: billingMode });
  const regionField = formField({ label: 'Region', pointer: '/region', control: region, hint: 'Where to look first.' });
  const diskField = formField({ label: 'Disk in GB', pointer: '/rootfsSize', control: disk, hint: diskHint });
  const commandField = formField({
    label: 'Command',
    pointer: '/command',
    control: command,
    hint: "Replaces the start command of the image; empty: the template's, or the image's own.",
  });
  // A template brings its own image.
  template.addEventListener('change', () => imageField.clearViolation());
  return {
    name,
    nameField,
    template,
    image,
    imageHint,
    gpuNum,
    billingMode,
    region,
    disk,
    diskHint,
    command,
    source: h('div', { class: 'field-grid' }, nameField.element, templateField.element, imageField.element),
    size: h(
      'div',
      { class: 'field-grid' },
      gpuNumField.element,
      billingField.element,
      regionField.element,
      diskField.element,
    ),
    start: commandField.element,
    fields: [nameField, templateField, imageField, gpuNumField, billingField, regionField, diskField, commandField],
    read: () => ({
      name: name.value,
      templateId: template.value,
      image: image.value,
      gpuNum: gpuNum.value,
      billingMode: /** @type {import('../net/api-types.js').Instance['billingMode']} */ (billingMode.value),
      region: region.value,
      rootfsSize: disk.value,
      command: command.value,
    }),
    /** @param {Partial<import('./create-input.js').CreateForm>} like */
    write: (like) => {
      name.value = like.name ?? '';
      image.value = like.image ?? '';
      gpuNum.value = like.gpuNum ?? String(minimum);
      billingMode.value = like.billingMode ?? 'onDemand';
      disk.value = like.rootfsSize ?? '';
    },
  };
}

const MODES = [
  ['', 'As the template or the fleet says'],
  ['on', 'Always'],
  ['off', 'Never'],
];

/** When a new instance is stopped for standing unused. */
export function autoStopFields() {
  const enabled = h(
    'select',
    { class: 'select' },
    MODES.map(([value, label]) => h('option', { value }, label)),
  );
  const minutes = h('input', { class: 'input', autocomplete: 'off', inputmode: 'decimal' });
  const enabledField = formField({ label: 'Stop it when it stands unused', pointer: '/autoStop', control: enabled });
  const minutesField = formField({
    label: 'After minutes without use',
    pointer: '/autoStop/thresholdMinutes',
    control: minutes,
    hint: 'Empty: as the template or the fleet says.',
  });
  enabled.addEventListener('change', () => {
    minutes.disabled = enabled.value === 'off';
  });
  return {
    element: h('div', { class: 'field-grid' }, enabledField.element, minutesField.element),
    fields: [enabledField, minutesField],
    read: () => ({
      autoStop: /** @type {'' | 'on' | 'off'} */ (enabled.value),
      thresholdMinutes: minutes.value,
    }),
    /** @param {Partial<import('./create-input.js').CreateForm>} like */
    write: (like) => {
      enabled.value = like.autoStop ?? '';
      minutes.value = like.thresholdMinutes ?? '';
      minutes.disabled = enabled.value === 'off';
    },
  };
}

/** The fields that few people need, folded away. */
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
