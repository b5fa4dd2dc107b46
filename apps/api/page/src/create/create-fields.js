import { LIMITS } from '../net/api-limits.js';
import { h } from '../ui/dom.js';
import { choiceField, formField, rowList } from '../ui/form-fields.js';
import { BILLING_MODES } from './offers.js';
import { CREATE } from './words.js';

/** @typedef {Partial<import('./create-input.js').CreateForm>} Given what stands in a form at first */

const { minimum, maximum } = LIMITS.create.gpuNum;
const GPU_COUNTS = Array.from({ length: maximum - minimum + 1 }, (_, index) => minimum + index);

/** The fields that are always shown, but for the GPU. */
export function plainFields() {
  const name = textInput({ class: 'input', autocapitalize: 'off', required: true });
  const template = h('select', { class: 'select' });
  const image = textInput({});
  const imageHint = h('span', {});
  const gpuNum = h(
    'select',
    { class: 'select' },
    GPU_COUNTS.map((count) => h('option', { value: count }, count)),
  );
  const billingMode = h(
    'select',
    { class: 'select' },
    BILLING_MODES.map((value) => h('option', { value }, CREATE.billings[value])),
  );
  const region = h('select', { class: 'select' }, h('option', { value: '' }));

  const nameField = formField({
    label: CREATE.name,
    pointer: '/name',
    control: name,
    hint: CREATE.nameHint(LIMITS.create.name.maxLength),
  });
  const templateField = formField({ label: CREATE.template, pointer: '/templateId', control: template });
  const imageField = formField({ label: CREATE.image, pointer: '/image', control: image, hint: imageHint });
  const gpuNumField = formField({ label: CREATE.gpus, pointer: '/gpuNum', control: gpuNum });
  const billingField = formField({ label: CREATE.billing, pointer: '/billingMode', control: billingMode });
  const regionField = formField({
    label: CREATE.region,
    pointer: '/region',
    control: region,
    hint: CREATE.regionHint,
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
    source: h('div', { class: 'field-grid' }, nameField.element, templateField.element, imageField.element),
    size: h('div', { class: 'create-size' }, gpuNumField.element, billingField.element, regionField.element),
    fields: [nameField, templateField, imageField],
    sizeFields: [gpuNumField, billingField, regionField],
    billing: () => /** @type {import('../net/api-types.js').Instance['billingMode']} */ (billingMode.value),
    /** @param {Given} given */
    write: (given) => {
      name.value = given.name ?? '';
      image.value = given.image ?? '';
      gpuNum.value = given.gpuNum ?? String(minimum);
      billingMode.value = given.billingMode ?? 'onDemand';
    },
  };
}

/**
 * The fields that few people need, folded away.
 *
 * @param {() => void} onPorts somebody changed the ports
 */
export function advancedFields(onPorts) {
  const disk = textInput({ class: 'input', inputmode: 'numeric' });
  const diskHint = h('span', {});
  const machine = h('select', { class: 'select' });
  const command = area();
  const entrypoint = area();
  const imageAuthId = textInput({});
  const minCudaVersion = textInput({ placeholder: '12.4' });
  const webhookUrl = textInput({ inputmode: 'url', placeholder: 'https://hooks.example.com/fleet' });
  const machineField = formField({
    label: CREATE.machine,
    pointer: '/productId',
    control: machine,
    hint: CREATE.machineHint,
  });
  const diskField = formField({ label: CREATE.disk, pointer: '/rootfsSize', control: disk, hint: diskHint });
  const commandField = formField({
    label: CREATE.command,
    pointer: '/command',
    control: command,
    hint: CREATE.commandHint,
  });
  const single = [
    formField({ label: CREATE.entrypoint, pointer: '/entrypoint', control: entrypoint, hint: CREATE.entrypointHint }),
    formField({ label: CREATE.login, pointer: '/imageAuthId', control: imageAuthId, hint: CREATE.loginHint }),
    formField({ label: CREATE.cuda, pointer: '/minCudaVersion', control: minCudaVersion, hint: CREATE.cudaHint }),
    formField({ label: CREATE.webhook, pointer: '/webhookUrl', control: webhookUrl, hint: CREATE.webhookHint }),
  ];
  const ports = portRows(onPorts);
  const envs = variableRows();
  const templateEnvs = h('p', { class: 'field-hint', hidden: true });
  const autoStop = autoStopFields();
  const token = choiceField({ label: CREATE.token, pointer: '/reportToken', hint: CREATE.tokenHint });
  const storages = rowList({
    legend: CREATE.storage.legend,
    pointer: '/networkStorages',
    one: 'storage',
    columns: [
      {
        name: 'id',
        label: CREATE.storage.id,
        make: (value) => textInput({ placeholder: CREATE.storage.idHint, value }),
      },
      {
        name: 'mountPoint',
        label: CREATE.storage.path,
        make: (value) => textInput({ placeholder: '/network', value }),
      },
    ],
    hint: CREATE.storage.hint,
  });
  const element = h(
    'details',
    { class: 'advanced' },
    h('summary', {}, CREATE.advanced, h('span', { class: 'quiet' }, ` ${CREATE.advancedHint}`)),
    h(
      'div',
      { class: 'stack' },
      h('div', { class: 'field-grid' }, diskField.element, machineField.element),
      ports.element,
      h('div', { class: 'stack' }, envs.element, templateEnvs),
      commandField.element,
      autoStop.element,
      token.element,
      h(
        'div',
        { class: 'field-grid' },
        single.map((field) => field.element),
      ),
      storages.element,
    ),
  );
  return {
    element,
    fields: [diskField, machineField, ports, envs, commandField, ...autoStop.fields, token, ...single, storages],
    disk,
    diskHint,
    machine,
    command,
    ports,
    envs,
    templateEnvs,
    read: () => ({
      ...autoStop.read(),
      reportToken: token.input.checked,
      rootfsSize: disk.value,
      productId: machine.value,
      command: command.value,
      envs: envs.get().map(({ key = '', value = '' }) => ({ key, value })),
      entrypoint: entrypoint.value,
      imageAuthId: imageAuthId.value,
      minCudaVersion: minCudaVersion.value,
      webhookUrl: webhookUrl.value,
      networkStorages: storages.get().map(({ id = '', mountPoint = '' }) => ({ id, mountPoint })),
    }),
    /** @param {Given} given */
    write: (given) => {
      autoStop.write(given);
      token.input.checked = given.reportToken ?? false;
      disk.value = given.rootfsSize ?? '';
      command.value = given.command ?? '';
      envs.set(given.envs ?? []);
      entrypoint.value = given.entrypoint ?? '';
      imageAuthId.value = given.imageAuthId ?? '';
      minCudaVersion.value = given.minCudaVersion ?? '';
      webhookUrl.value = given.webhookUrl ?? '';
      storages.set(given.networkStorages?.map((storage) => ({ ...storage })) ?? []);
    },
  };
}

/** @param {() => void} onChange */
function portRows(onChange) {
  return rowList({
    legend: CREATE.ports.legend,
    pointer: '/ports',
    one: 'port',
    columns: [
      {
        name: 'port',
        label: CREATE.ports.number,
        make: (value) => h('input', { class: 'input short', inputmode: 'numeric', value }),
      },
      { name: 'protocol', label: CREATE.ports.protocol, make: protocolSelect },
    ],
    hint: CREATE.ports.hint,
    onChange,
  });
}

/** @param {string} value */
function protocolSelect(value) {
  return h(
    'select',
    { class: 'select' },
    ['http', 'tcp'].map((protocol) => h('option', { value: protocol, selected: protocol === value }, protocol)),
  );
}

function variableRows() {
  return rowList({
    legend: CREATE.variables.legend,
    pointer: '/envs',
    one: 'variable',
    columns: [
      {
        name: 'key',
        label: CREATE.variables.name,
        make: (value) => h('input', { class: 'input mono', placeholder: 'NAME', autocomplete: 'off', value }),
      },
      {
        name: 'value',
        label: CREATE.variables.value,
        // A key or a certificate has several lines.
        make: (value) =>
          h('textarea', { class: 'input mono', rows: 1, placeholder: 'value', autocomplete: 'off', value }),
      },
    ],
  });
}

const MODES = [
  ['', CREATE.idle.usual],
  ['on', CREATE.idle.always],
  ['off', CREATE.idle.never],
];

/** When a new instance is stopped for standing unused. */
function autoStopFields() {
  const enabled = h(
    'select',
    { class: 'select' },
    MODES.map(([value, label]) => h('option', { value }, label)),
  );
  const minutes = textInput({ class: 'input', inputmode: 'decimal' });
  const enabledField = formField({ label: CREATE.idle.label, pointer: '/autoStop', control: enabled });
  const minutesField = formField({
    label: CREATE.idle.minutes,
    pointer: '/autoStop/thresholdMinutes',
    control: minutes,
    hint: CREATE.idle.minutesHint,
  });
  const lifetime = textInput({ class: 'input', inputmode: 'decimal' });
  const lifetimeField = formField({
    label: CREATE.idle.lifetime,
    pointer: '/maxLifetimeMinutes',
    control: lifetime,
    hint: CREATE.idle.lifetimeHint,
  });
  const show = () => {
    minutes.disabled = enabled.value === 'off';
  };
  enabled.addEventListener('change', show);
  return {
    element: h('div', { class: 'field-grid' }, enabledField.element, minutesField.element, lifetimeField.element),
    fields: [enabledField, minutesField, lifetimeField],
    read: () => ({
      autoStop: /** @type {'' | 'on' | 'off'} */ (enabled.value),
      thresholdMinutes: minutes.value,
      maxLifetimeMinutes: lifetime.value,
    }),
    /** @param {Given} given */
    write: (given) => {
      enabled.value = given.autoStop ?? '';
      minutes.value = given.thresholdMinutes ?? '';
      lifetime.value = given.maxLifetimeMinutes ?? '';
      show();
    },
  };
}

/** @param {Readonly<Record<string, unknown>>} props */
function textInput(props) {
  return h('input', { class: 'input mono', type: 'text', autocomplete: 'off', spellcheck: 'false', ...props });
}

function area() {
  return h('textarea', { class: 'input mono', rows: 1, autocomplete: 'off', spellcheck: 'false' });
}
