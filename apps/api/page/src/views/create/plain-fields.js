import { formField } from '../../dom/form-field.js';
import { h } from '../../dom/h.js';

const GPU_COUNTS = [1, 2, 3, 4, 5, 6, 7, 8];
const BILLING_MODES = [
  ['onDemand', 'On demand'],
  ['spot', 'Spot: cheaper, and may be taken back'],
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
    BILLING_MODES.map(([value, words]) => h('option', { value }, words)),
  );
  const region = h('select', { class: 'select' }, h('option', { value: '' }));
  const disk = h('input', { class: 'input', autocomplete: 'off', inputmode: 'numeric' });
  const diskHint = h('span', {});
  const command = h('textarea', { class: 'input mono', rows: 1, autocomplete: 'off', spellcheck: 'false' });

  const nameField = formField({
    label: 'Name',
    pointer: '/name',
    control: name,
    hint: 'Letters, digits and hyphens, up to 200.',
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
    hint: "Replaces the image's CMD; empty: the template's, or the image's own.",
  });
  // A template brings its own image.
  template.addEventListener('change', () => imageField.clearFault());
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
      billingMode: /** @type {import('../../http/action-types.js').BillingMode} */ (billingMode.value),
      region: region.value,
      rootfsSize: disk.value,
      command: command.value,
    }),
  };
}
