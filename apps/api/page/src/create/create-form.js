import { fill, h, setHidden, setText } from '../ui/dom.js';
import { typedNumber } from '../ui/form-fields.js';
import { usdPerHour } from '../ui/format.js';
import { advancedFields, plainFields } from './create-fields.js';
import { nameViolation } from './create-input.js';
import { gpuPicker } from './gpu-picker.js';
import { knownImage } from './known-images.js';
import { ANY_REGION, diskRange, priceOf, USUAL_DISK_GB, usdPerGpuHour } from './offers.js';
import { priceLine } from './price-line.js';
import { CREATE } from './words.js';

/**
 * @typedef {import('./offers.js').Catalogue} Catalogue
 * @typedef {import('../net/api-types.js').TemplateView} Template
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 *
 * @typedef {object} Priced what the prices of the GPUs depend on
 * @property {number} gpuNum
 * @property {BillingMode} billingMode
 *
 * @typedef {object} CreateFormView
 * @property {HTMLElement} element
 * @property {readonly import('../ui/form-fields.js').Field[]} fields
 * @property {() => import('./create-input.js').CreateForm} read
 * @property {(given: Partial<import('./create-input.js').CreateForm>) => void} write what can be chosen only once prices are
 *   read is chosen then
 * @property {() => readonly import('../net/api-types.js').GpuProductView[]} products
 * @property {() => Priced} priced
 * @property {(catalogue: Catalogue) => void} showCatalogue
 * @property {(gpus: readonly import('./offers.js').GpuOffers[]) => void} showOffers
 * @property {() => void} showLoading
 * @property {(why: string) => void} showNoCatalogue
 * @property {() => void} focus
 */

/** @type {Catalogue} */
const NO_CATALOGUE = { products: [], gpus: [], templates: [], defaultRegion: '', asOf: '' };
const DEFAULT_PORTS = [{ port: '8080', protocol: 'http' }];

/**
 * The form that describes a new instance, fed by what can be rented.
 *
 * @param {{readonly reload: () => void, readonly offers: () => void}} ask for all prices and stock anew, or only for those of
 *   another number of GPUs or another billing
 * @returns {CreateFormView}
 */
export function createFormView(ask) {
  let catalogue = NO_CATALOGUE;
  let arePortsOwn = false;
  /** What was given before it could be chosen. @type {Partial<import('./create-input.js').CreateForm>} */
  let wanted = {};
  const plain = plainFields();
  const advanced = advancedFields(() => {
    arePortsOwn = true;
    showPorts();
  });
  const gpu = gpuPicker(() => {
    advanced.machine.value = '';
    showOffer();
  });
  const price = priceLine(ask.reload, (alternative) => take(alternative));
  const portsText = h('span', {});
  const changePorts = h(
    'button',
    { class: 'link', type: 'button', on: { click: () => openPorts() } },
    CREATE.ports.change,
    h('span', { class: 'visually-hidden' }, CREATE.ports.changeRest),
  );

  const templateNow = () => catalogue.templates.find(({ id }) => id === plain.template.value);
  const priced = () => ({ gpuNum: Number(plain.gpuNum.value), billingMode: plain.billing() });
  const wantedDisk = () => {
    const size = typedNumber(advanced.disk.value);
    if (advanced.disk.value.trim() === '') return templateNow()?.rootfsSize ?? null;
    return Number.isFinite(size) ? size : null;
  };
  /** @returns {import('./offers.js').OfferRequest} */
  const request = () => ({
    ...priced(),
    productName: gpu.productName(),
    productId: advanced.machine.value,
    region: plain.region.value || catalogue.defaultRegion,
    rootfsSize: wantedDisk(),
  });
  const showOffer = () => {
    showMachines();
    showRegions();
    showPrice();
  };
  const showMachines = () => {
    const products = catalogue.products.filter(({ name }) => name === gpu.productName());
    const { gpuNum, billingMode } = priced();
    fillSelect(advanced.machine, [
      h('option', { value: '' }, CREATE.cheapestMachine),
      products.map((product) => machineOption(product, billingMode, gpuNum)),
    ]);
    advanced.machine.disabled = products.length < 2;
  };
  const showRegions = () => {
    const before = plain.region.value;
    const places = gpu.choice()?.places ?? [];
    const isGone = before !== '' && before !== ANY_REGION && !places.some(({ name }) => name === before);
    const [cheapest] = places;
    fill(
      plain.region,
      h('option', { value: '' }, usualRegionLabel(catalogue.defaultRegion, places)),
      h(
        'option',
        { value: ANY_REGION },
        cheapest === undefined
          ? CREATE.anyRegion
          : CREATE.cheapestRegion(cheapest.name, usdPerHour(cheapest.usdPerHour)),
      ),
      places.map(({ name, usdPerHour: usd }) => h('option', { value: name }, CREATE.take(name, usdPerHour(usd)))),
      isGone && h('option', { value: before }, CREATE.emptyRegion(before)),
    );
    plain.region.value = before;
  };
  const showPrice = () => {
    const { min, max } = diskRange(catalogue.products, request());
    setText(advanced.diskHint, CREATE.diskHint(min, max, templateNow()?.rootfsSize ?? USUAL_DISK_GB));
    price.show(catalogue.products, request(), gpu.choices());
  };
  const showPorts = () => {
    const template = templateNow();
    const known = knownImage(plain.image.value);
    if (!arePortsOwn) advanced.ports.set(usualPorts(template, known));
    const ports = advanced.ports.get().map(({ port = '', protocol = '' }) => `${port}/${protocol}`);
    setText(portsText, portsMessage(ports.join(', '), arePortsOwn, plain.image.value, template, known));
  };
  const showTemplate = () => {
    const template = templateNow();
    plain.image.placeholder = template?.image ?? 'vllm/vllm-openai:v0.8.4';
    setText(plain.imageHint, template === undefined ? CREATE.imageNeeded : CREATE.imageOfTemplate);
    advanced.command.placeholder = template?.startCommand ?? '';
    const keys = template?.envs.map(({ key }) => key) ?? [];
    setText(advanced.templateEnvs, CREATE.variables.ofTemplate(keys.join(', ')));
    setHidden(advanced.templateEnvs, keys.length === 0);
    showPorts();
    showOffer();
  };
  const showTemplates = () => {
    const groups = Map.groupBy(catalogue.templates, ({ channel = CREATE.otherTemplates }) => channel);
    fillSelect(plain.template, [
      h('option', { value: '' }, CREATE.noTemplate),
      [...groups].map(([channel, templates]) =>
        h(
          'optgroup',
          { label: channel },
          templates.map(({ id, name }) => h('option', { value: id }, name)),
        ),
      ),
    ]);
  };
  const openPorts = () => {
    advanced.element.open = true;
    goTo(advanced.ports.element.querySelector('input, button'));
  };
  /** The button that was pressed goes with the reason for it. @param {import('./price-line.js').Alternative} alternative */
  const take = ({ kind, value }) => {
    advanced.machine.value = '';
    if (kind === 'gpu') gpu.choose(value);
    else if (kind === 'region') plain.region.value = value;
    else plain.billingMode.value = value;
    showOffer();
    if (kind === 'billing') ask.offers();
    const control = {
      gpu: gpu.element.querySelector('input:checked'),
      billing: plain.billingMode,
      region: plain.region,
    };
    goTo(control[kind]);
  };
  /** What is no longer there is not chosen, but for a GPU, whose absence is explained. */
  const chooseWanted = () => {
    const { templateId = '', productName = '', productId = '', region = '' } = wanted;
    wanted = {};
    if (templateId !== '') choose(plain.template, templateId);
    if (productName === '') return;
    gpu.choose(productName);
    showOffer();
    choose(advanced.machine, productId);
    choose(plain.region, region);
  };

  plain.name.addEventListener('input', () => {
    // Nobody is corrected before having typed anything.
    const detail = plain.name.value === '' ? '' : nameViolation(plain.name.value);
    if (detail === '') plain.nameField.clearViolation();
    else plain.nameField.showViolation(detail, '');
  });
  plain.template.addEventListener('change', showTemplate);
  plain.image.addEventListener('input', showPorts);
  for (const control of [plain.gpuNum, plain.billingMode]) {
    control.addEventListener('change', () => {
      showOffer();
      ask.offers();
    });
  }
  for (const control of [plain.region, advanced.machine]) control.addEventListener('change', showPrice);
  advanced.disk.addEventListener('input', showPrice);

  const element = h(
    'div',
    { class: 'create-form' },
    plain.source,
    h('p', { class: 'ports-line field-hint' }, portsText, ' ', changePorts),
    gpu.element,
    plain.size,
    advanced.element,
    price.element,
  );
  showTemplate();
  return {
    element,
    fields: [...plain.fields, ...gpu.fields, ...plain.sizeFields, ...advanced.fields],
    read: () => ({
      ...advanced.read(),
      name: plain.name.value,
      templateId: plain.template.value,
      image: plain.image.value,
      gpuNum: plain.gpuNum.value,
      billingMode: plain.billing(),
      region: plain.region.value,
      productName: gpu.productName(),
      ports: portsToSend(),
    }),
    write: (given) => {
      plain.write(given);
      advanced.write(given);
      arePortsOwn = given.ports !== undefined && given.ports !== null;
      if (given.ports) advanced.ports.set(given.ports);
      wanted = given;
      chooseWantedIfKnown();
    },
    products: () => catalogue.products,
    priced,
    showCatalogue: (next) => {
      catalogue = next;
      gpu.show(next.gpus);
      showTemplates();
      chooseWanted();
      showTemplate();
      price.showAge(next.asOf);
    },
    showOffers: (gpus) => {
      gpu.show(gpus);
      showOffer();
      price.showAge(catalogue.asOf);
    },
    showLoading: () => price.say(CREATE.reading),
    showNoCatalogue: (why) => price.say(why),
    focus: () => plain.name.focus(),
  };

  function chooseWantedIfKnown() {
    if (catalogue !== NO_CATALOGUE) chooseWanted();
    showTemplate();
  }

  /** Those of a template are the service's to know. */
  function portsToSend() {
    const isUsual = templateNow() !== undefined || knownImage(plain.image.value) === null;
    if (!arePortsOwn && isUsual) return null;
    return advanced.ports.get().map(({ port = '', protocol = '' }) => ({ port, protocol }));
  }
}

/** @param {Element | null} control */
function goTo(control) {
  control?.scrollIntoView({ block: 'nearest' });
  if (control instanceof HTMLElement) control.focus({ preventScroll: true });
}

/**
 * @param {Template | undefined} template
 * @param {import('./known-images.js').KnownImage | null} known
 */
function usualPorts(template, known) {
  if (template !== undefined) return template.ports.map(({ port, protocol }) => ({ port: String(port), protocol }));
  return known === null ? DEFAULT_PORTS : [{ port: String(known.port), protocol: 'http' }];
}

/**
 * When the instance will be ready.
 *
 * @param {string} ports empty for none
 * @param {boolean} areOwn
 * @param {string} image
 * @param {Template | undefined} template
 * @param {import('./known-images.js').KnownImage | null} known
 */
export function portsMessage(ports, areOwn, image, template, known) {
  if (ports === '') return CREATE.ports.none;
  if (areOwn) return CREATE.ports.own(ports);
  if (template !== undefined) return CREATE.ports.ofTemplate(ports);
  if (known !== null) return CREATE.ports.known(ports, known.program);
  return image.trim() === '' ? CREATE.ports.own(ports) : CREATE.ports.usual(ports);
}

/**
 * @param {import('./offers.js').Product} product
 * @param {BillingMode} billingMode
 * @param {number} gpuNum
 */
function machineOption(product, billingMode, gpuNum) {
  const isOffered = usdPerGpuHour(product, billingMode) !== null;
  const price = isOffered ? usdPerHour(priceOf(product, billingMode, gpuNum)) : CREATE.notSo;
  const size = CREATE.machineSize(product.cpuPerGpu, product.memoryPerGpu);
  const places = product.regions.length === 0 ? CREATE.everyRegion : product.regions.join(', ');
  const stock = product.inStock ? '' : `, ${CREATE.outOfStock.toLowerCase()}`;
  return h(
    'option',
    { value: product.id, disabled: !product.inStock || !isOffered },
    `${price}: ${size}; ${places}${stock}`,
  );
}

/**
 * Replaces the options of a select and keeps what is chosen, where it is still there.
 *
 * @param {HTMLSelectElement} select
 * @param {import('../ui/dom.js').Child} options
 */
function fillSelect(select, options) {
  const before = select.value;
  fill(select, options);
  choose(select, before);
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} value chosen where it can be, else the first
 */
function choose(select, value) {
  const isThere = [...select.options].some((option) => option.value === value && !option.disabled);
  select.value = isThere ? value : '';
}

/**
 * The region that is used when nobody chooses one.
 *
 * @param {string} region
 * @param {readonly import('./offers.js').Place[]} offered
 */
function usualRegionLabel(region, offered) {
  const there = offered.find(({ name }) => name === region);
  if (there !== undefined) return CREATE.usualRegion(region, usdPerHour(there.usdPerHour));
  if (region === '') return CREATE.usualRegionUnknown;
  // No place is offered before a GPU is chosen: that says nothing of the region.
  return offered.length === 0 ? CREATE.usualRegionUnpriced(region) : CREATE.usualRegionEmpty(region);
}
