import { fill, h, setText } from '../ui/dom.js';
import { rowList, typedNumber } from '../ui/form-fields.js';
import { usd, usdPerHour } from '../ui/format.js';
import { moment, tickMoments } from '../ui/ticker.js';
import { advancedFields, autoStopFields, plainFields } from './create-fields.js';
import { nameViolation } from './create-input.js';
import { gpuPicker } from './gpu-picker.js';
import { ANY_REGION, diskRange, expectedPrice, offeredRegions, USUAL_DISK_GB } from './offers.js';

/**
 * @typedef {import('./offers.js').Catalogue} Catalogue
 * @typedef {import('../net/api-types.js').TemplateView} Template
 *
 * @typedef {object} CreateFormView
 * @property {HTMLElement} element
 * @property {readonly import('../ui/form-fields.js').Field[]} fields
 * @property {() => import('./create-input.js').CreateForm} read
 * @property {(like: Partial<import('./create-input.js').CreateForm>) => void} write what can be chosen only once prices are
 *   read is chosen then
 * @property {() => readonly import('../net/api-types.js').GpuProductView[]} products
 * @property {(catalogue: Catalogue) => void} showCatalogue
 * @property {() => void} showLoading
 * @property {(why: string) => void} showNoCatalogue
 * @property {() => void} focus
 */

/** @type {Catalogue} */
const NO_CATALOGUE = { products: [], clusters: [], templates: [], defaultRegion: '', asOf: '' };
const DEFAULT_PORTS = [{ port: '8080', protocol: 'http' }];

/**
 * The form that describes a new instance, fed by what can be rented.
 *
 * @param {() => void} onReload prices and stock are wanted anew
 * @returns {CreateFormView}
 */
export function createFormView(onReload) {
  let catalogue = NO_CATALOGUE;
  let arePortsOwn = false;
  /** @type {Partial<import('./create-input.js').CreateForm> | null} */
  let wanted = null;
  const plain = plainFields();
  const gpu = gpuPicker(() => showOffer());
  const autoStop = autoStopFields();
  const advanced = advancedFields();
  const ports = rowList({
    legend: 'Ports',
    pointer: '/ports',
    one: 'port',
    columns: [
      {
        name: 'port',
        label: 'Number',
        make: (value) => h('input', { class: 'input short', inputmode: 'numeric', value }),
      },
      { name: 'protocol', label: 'Protocol', make: protocolSelect },
    ],
    hint: 'An instance is ready when all its ports answer.',
    onChange: () => {
      arePortsOwn = true;
    },
  });
  ports.set(DEFAULT_PORTS);
  const envs = rowList({
    legend: 'Environment variables',
    pointer: '/envs',
    one: 'variable',
    columns: [
      {
        name: 'key',
        label: 'Name',
        make: (value) => h('input', { class: 'input mono', placeholder: 'NAME', autocomplete: 'off', value }),
      },
      {
        name: 'value',
        label: 'Value',
        // A key or a certificate has bulk lines.
        make: (value) =>
          h('textarea', { class: 'input mono', rows: 1, placeholder: 'value', autocomplete: 'off', value }),
      },
    ],
  });
  const templateEnvs = h('p', { class: 'field-hint', hidden: true });
  const price = h('p', { class: 'price', role: 'status' });
  const asOf = h('span', { class: 'quiet' });
  const reload = h('button', { class: 'button small', type: 'button', on: { click: onReload } }, 'Read prices anew');

  const templateNow = () => catalogue.templates.find(({ id }) => id === plain.template.value);
  const gpuNum = () => Number(plain.gpuNum.value);
  /** @returns {import('../net/api-types.js').Instance['billingMode']} */
  const billingMode = () =>
    /** @type {import('../net/api-types.js').Instance['billingMode']} */ (plain.billingMode.value);
  const wantedDisk = () => {
    const size = typedNumber(plain.disk.value);
    if (plain.disk.value.trim() === '') return templateNow()?.rootfsSize ?? null;
    return Number.isFinite(size) ? size : null;
  };
  /** @returns {import('./offers.js').OfferRequest} */
  const request = () => ({
    productName: gpu.productName(),
    productId: gpu.productId(),
    region: plain.region.value || catalogue.defaultRegion,
    billingMode: billingMode(),
    gpuNum: gpuNum(),
    rootfsSize: wantedDisk(),
  });
  const showOffer = () => {
    gpu.show(catalogue.products, billingMode(), gpuNum());
    showRegions();
    showPrice();
  };
  const showRegions = () => {
    const before = plain.region.value;
    const offered = offeredRegions(catalogue.products, catalogue.clusters, request());
    const isGone = before !== '' && before !== ANY_REGION && !offered.some(({ name }) => name === before);
    fill(
      plain.region,
      h('option', { value: '' }, usualRegionLabel(catalogue.defaultRegion, offered)),
      offered.length === 0 ? null : h('option', { value: ANY_REGION }, anyRegionLabel(offered)),
      offered.map(({ name, usdPerHour: usd }) => h('option', { value: name }, `${name}, ${usdPerHour(usd)}`)),
      isGone ? h('option', { value: before }, `${before}, none there at present`) : null,
    );
    plain.region.value = before;
  };
  const showPrice = () => {
    const { min, max } = diskRange(catalogue.products, request());
    setText(plain.diskHint, `${min} to ${max} GB; empty: ${templateNow()?.rootfsSize ?? USUAL_DISK_GB}.`);
    setText(price, priceMessage(expectedPrice(catalogue.products, request()), billingMode()));
  };
  const showTemplate = () => {
    const template = templateNow();
    plain.image.placeholder = template?.image ?? 'vllm/vllm-openai:v0.8.4';
    setText(plain.imageHint, template === undefined ? 'Needed without a template.' : "Empty: the template's.");
    plain.command.placeholder = template?.startCommand ?? '';
    const keys = template?.envs.map(({ key }) => key) ?? [];
    setText(templateEnvs, `The template also sets ${keys.join(', ')}; the same name here goes before it.`);
    templateEnvs.hidden = keys.length === 0;
    if (!arePortsOwn) {
      ports.set(template?.ports.map(({ port, protocol }) => ({ port: String(port), protocol })) ?? DEFAULT_PORTS);
    }
    showOffer();
  };
  const showTemplates = () => {
    const before = plain.template.value;
    fill(
      plain.template,
      h('option', { value: '' }, 'None: an image of my own'),
      [...Map.groupBy(catalogue.templates, ({ channel = 'other' }) => channel)].map(([channel, templates]) =>
        h(
          'optgroup',
          { label: channel },
          templates.map(({ id, name }) => h('option', { value: id }, name)),
        ),
      ),
    );
    plain.template.value = catalogue.templates.some(({ id }) => id === before) ? before : '';
  };

  /** What is no longer there is not chosen. @param {Partial<import('./create-input.js').CreateForm>} like */
  const chooseWanted = ({ templateId = '', productName = '', productId = '', region = '' }) => {
    plain.template.value = catalogue.templates.some(({ id }) => id === templateId) ? templateId : '';
    gpu.choose(productName, productId);
    showOffer();
    plain.region.value = [...plain.region.options].some(({ value }) => value === region) ? region : '';
  };

  plain.name.addEventListener('input', () => {
    // Nobody is corrected before having typed anything.
    const detail = plain.name.value === '' ? '' : nameViolation(plain.name.value);
    if (detail === '') plain.nameField.clearViolation();
    else plain.nameField.showViolation(detail, '');
  });
  plain.template.addEventListener('change', showTemplate);
  for (const control of [plain.gpuNum, plain.billingMode]) control.addEventListener('change', showOffer);
  plain.region.addEventListener('change', showPrice);
  plain.disk.addEventListener('input', () => {
    showRegions();
    showPrice();
  });

  const element = h(
    'div',
    { class: 'create-form' },
    plain.source,
    gpu.element,
    plain.size,
    h('div', { class: 'price-line' }, price, h('div', { class: 'row' }, asOf, reload)),
    ports.element,
    h('div', { class: 'stack' }, envs.element, templateEnvs),
    plain.start,
    autoStop.element,
    advanced.element,
  );
  showTemplate();
  return {
    element,
    fields: [...plain.fields, ...gpu.fields, ports, envs, ...autoStop.fields, ...advanced.fields],
    read: () => ({
      ...plain.read(),
      ...autoStop.read(),
      ...advanced.read(),
      productName: gpu.productName(),
      productId: gpu.productId(),
      ports: arePortsOwn ? ports.get().map(({ port = '', protocol = '' }) => ({ port, protocol })) : null,
      envs: envs.get().map(({ key = '', value = '' }) => ({ key, value })),
    }),
    products: () => catalogue.products,
    write: (like) => {
      plain.write(like);
      autoStop.write(like);
      if (like.ports) {
        ports.set(like.ports);
        arePortsOwn = true;
      }
      if (like.envs !== undefined) envs.set(like.envs);
      wanted = like;
    },
    showCatalogue: (next) => {
      catalogue = next;
      showTemplates();
      if (wanted !== null) chooseWanted(wanted);
      wanted = null;
      showTemplate();
      fill(asOf, 'Prices ', moment(next.asOf));
      tickMoments(asOf, Date.now());
    },
    showLoading: () => setText(asOf, 'Reading prices and stock …'),
    showNoCatalogue: (why) => setText(asOf, why),
    focus: () => plain.name.focus(),
  };
}

/** @param {string} value */
function protocolSelect(value) {
  return h(
    'select',
    { class: 'select' },
    ['http', 'tcp'].map((protocol) => h('option', { value: protocol, selected: protocol === value }, protocol)),
  );
}

/**
 * The region that is used when nobody chooses one.
 *
 * @param {string} region
 * @param {readonly import('./offers.js').Place[]} offered
 */
function usualRegionLabel(region, offered) {
  const there = offered.find(({ name }) => name === region);
  if (there !== undefined) return `${region} (the usual one), ${usdPerHour(there.usdPerHour)}`;
  // No place is offered before a GPU is chosen: that says nothing of the region.
  if (region !== '' && offered.length === 0) return `${region} (the usual one)`;
  return region === '' ? 'The usual one' : `${region} (the usual one), none there at present: the cheapest elsewhere`;
}

/** @param {readonly import('./offers.js').Place[]} offered cheapest first */
function anyRegionLabel([first]) {
  return first === undefined
    ? 'The cheapest anywhere'
    : `The cheapest anywhere: ${first.name}, ${usdPerHour(first.usdPerHour)}`;
}

const HOURS_PER_DAY = 24;

/**
 * The price of a create, per hour and per day.
 *
 * @param {import('./offers.js').Expected} expected
 * @param {import('../net/api-types.js').Instance['billingMode']} billingMode
 */
export function priceMessage(expected, billingMode) {
  const note = billingMode === 'monthly' ? ' It is paid by the month, in advance.' : '';
  switch (expected.kind) {
    case 'none':
      return expected.reason;
    case 'price': {
      const { usdPerHour: perHour, place, missingIn, cheaper } = expected;
      const missing = missingIn === '' ? '' : ` None can be had in ${missingIn}.`;
      const other = cheaper === null ? '' : ` ${cheaper.name} has it for ${usdPerHour(cheaper.usdPerHour)}.`;
      return `Total: ${usdPerHour(perHour)} in ${place}, which is ${usd(perHour * HOURS_PER_DAY)} a day.${missing}${other}${note}`;
    }
  }
}
