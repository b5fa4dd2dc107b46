import { thresholdViolation } from '../auto-stop/auto-stop-settings.js';
import { lifetimeViolation } from '../auto-stop/lifetime.js';
import { LIMITS } from '../net/api-limits.js';
import { typedNumber } from '../ui/form-fields.js';
import { UI } from '../ui/words.js';
import { diskRange, usdPerGpuHour } from './offers.js';
import { CREATE } from './words.js';

/**
 * @typedef {import('../net/problem.js').FieldViolation} FieldViolation
 * @typedef {import('../net/api-types.js').Instance['billingMode']} BillingMode
 *
 * @typedef {object} CreateForm what stands in the form, as it was typed
 * @property {string} name
 * @property {string} templateId empty for none
 * @property {string} image
 * @property {string} productName
 * @property {string} productId empty: the cheapest of that name
 * @property {string} gpuNum
 * @property {string} region empty: the usual one; `any`: the cheapest anywhere
 * @property {BillingMode} billingMode
 * @property {string} rootfsSize
 * @property {readonly {port: string, protocol: string}[] | null} ports null: as the template or the service says
 * @property {readonly {key: string, value: string}[]} envs
 * @property {string} command
 * @property {'' | 'on' | 'off'} autoStop empty: as the template or the fleet says
 * @property {string} thresholdMinutes
 * @property {string} maxLifetimeMinutes
 * @property {boolean} reportToken whether it gets a token to report its use with
 * @property {string} imageAuthId
 * @property {readonly {id: string, mountPoint: string}[]} networkStorages
 * @property {string} minCudaVersion
 * @property {string} entrypoint
 * @property {string} webhookUrl
 */

const RESERVED_PORTS = [2222, 2223, 2224];

/**
 * The body of the create. Empty fields are left out, so that template and service fill them in; so are empty rows.
 *
 * @param {CreateForm} form
 */
export function createBody(form) {
  const { ports } = form;
  const envs = form.envs.filter(({ key, value }) => key !== '' || value !== '');
  const storages = form.networkStorages.filter(({ id, mountPoint }) => id !== '' || mountPoint !== '');
  const autoStop = {
    ...(form.autoStop === '' ? {} : { enabled: form.autoStop === 'on' }),
    ...(form.thresholdMinutes.trim() === '' || form.autoStop === 'off'
      ? {}
      : { thresholdMinutes: typedNumber(form.thresholdMinutes) }),
  };
  return {
    name: form.name.trim(),
    ...(form.productId === '' ? { productName: form.productName } : { productId: form.productId }),
    ...text('templateId', form.templateId),
    ...text('image', form.image),
    gpuNum: typedNumber(form.gpuNum),
    billingMode: form.billingMode,
    ...text('region', form.region),
    ...(form.rootfsSize.trim() === '' ? {} : { rootfsSize: typedNumber(form.rootfsSize) }),
    ...(ports === null ? {} : { ports: ports.map(({ port, protocol }) => `${port.trim()}/${protocol}`) }),
    ...(envs.length === 0 ? {} : { envs: envs.map(({ key, value }) => ({ key: key.trim(), value })) }),
    ...exact('command', form.command),
    ...exact('entrypoint', form.entrypoint),
    ...text('imageAuthId', form.imageAuthId),
    ...(storages.length === 0
      ? {}
      : {
          networkStorages: storages.map(({ id, mountPoint }) => ({ id: id.trim(), ...text('mountPoint', mountPoint) })),
        }),
    ...text('minCudaVersion', form.minCudaVersion),
    ...text('webhookUrl', form.webhookUrl),
    ...(Object.keys(autoStop).length === 0 ? {} : { autoStop }),
    ...(form.maxLifetimeMinutes.trim() === '' ? {} : { maxLifetimeMinutes: typedNumber(form.maxLifetimeMinutes) }),
    ...(form.reportToken ? { reportToken: true } : {}),
  };
}

/**
 * The violations that the page finds before it sends the form; the API checks all of it again.
 *
 * @param {CreateForm} form
 * @param {readonly import('./offers.js').Product[]} products
 * @returns {readonly FieldViolation[]}
 */
export function createViolations(form, products) {
  return [
    ...violation('/name', nameViolation(form.name)),
    ...violation('/image', form.templateId === '' && form.image.trim() === '' ? CREATE.wrong.image : ''),
    ...violation('/image', /\S\s+\S/.test(form.image) ? CREATE.wrong.imageSpaces : ''),
    ...violation('/productName', gpuViolation(form, products)),
    ...violation('/rootfsSize', diskViolation(form, products)),
    ...portViolations(form.ports ?? []),
    ...envViolations(form.envs),
    ...violation('/command', lengthViolation(form.command, LIMITS.create.command.maxLength)),
    ...violation('/entrypoint', lengthViolation(form.entrypoint, LIMITS.create.entrypoint.maxLength)),
    ...violation(
      '/autoStop/thresholdMinutes',
      form.autoStop === 'off' ? '' : thresholdViolation(form.thresholdMinutes),
    ),
    ...violation('/maxLifetimeMinutes', lifetimeViolation(form.maxLifetimeMinutes)),
    ...storageViolations(form.networkStorages),
    ...violation('/minCudaVersion', versionViolation(form.minCudaVersion)),
    ...violation('/webhookUrl', webhookViolation(form.webhookUrl)),
  ];
}

/**
 * The violation of a name; empty for none.
 *
 * @param {string} name
 */
export function nameViolation(name) {
  const trimmed = name.trim();
  if (trimmed === '') return CREATE.wrong.name;
  const { pattern, maxLength } = LIMITS.create.name;
  if (!new RegExp(pattern).test(trimmed.slice(0, maxLength))) return CREATE.wrong.nameLetters;
  return lengthViolation(trimmed, maxLength);
}

/**
 * @param {CreateForm} form
 * @param {readonly import('./offers.js').Product[]} products none while they could not be read
 */
function gpuViolation({ productName, billingMode }, products) {
  if (productName === '') return CREATE.wrong.gpu;
  const isThere = products.some(
    (product) => product.name === productName && product.inStock && usdPerGpuHour(product, billingMode) !== null,
  );
  return products.length === 0 || isThere ? '' : CREATE.chooseOther;
}

/**
 * @param {CreateForm} form
 * @param {readonly import('./offers.js').Product[]} products
 */
function diskViolation(form, products) {
  if (form.rootfsSize.trim() === '') return '';
  const size = typedNumber(form.rootfsSize);
  if (!Number.isFinite(size)) return UI.digits;
  const { min, max } = diskRange(products, form);
  if (Number.isInteger(size) && size >= min && size <= max) return '';
  return CREATE.wrong.disk(min, max);
}

/** @param {readonly {port: string}[]} ports */
function portViolations(ports) {
  /** @type {Set<number>} */
  const used = new Set();
  return ports.flatMap(({ port }, index) => {
    const value = /^[1-9]\d*$/.test(port.trim()) ? Number(port) : Number.NaN;
    const pointer = `/ports/${index}`;
    if (!Number.isInteger(value) || value < 1 || value > 65_535) return violation(pointer, CREATE.wrong.port);
    if (RESERVED_PORTS.includes(value)) return violation(pointer, CREATE.wrong.portReserved);
    if (used.has(value)) return violation(pointer, CREATE.wrong.portTwice(value));
    used.add(value);
    return [];
  });
}

/** @param {readonly {key: string, value: string}[]} envs */
function envViolations(envs) {
  const rows = envs.filter(({ key, value }) => key !== '' || value !== '');
  /** @type {Set<string>} */
  const used = new Set();
  return rows.flatMap(({ key }, index) => {
    const name = key.trim();
    const pointer = `/envs/${index}/key`;
    if (name === '') return violation(pointer, CREATE.wrong.variable);
    if (/[=\s]/.test(name)) return violation(pointer, CREATE.wrong.variableSpaces);
    if (used.has(name)) return violation(pointer, CREATE.wrong.variableTwice(name));
    used.add(name);
    return [];
  });
}

/** @param {readonly {id: string, mountPoint: string}[]} storages */
function storageViolations(storages) {
  const rows = storages.filter(({ id, mountPoint }) => id !== '' || mountPoint !== '');
  return rows.flatMap(({ id, mountPoint }, index) => [
    ...violation(`/networkStorages/${index}/id`, id.trim() === '' ? CREATE.wrong.storage : ''),
    ...violation(
      `/networkStorages/${index}/mountPoint`,
      mountPoint.trim() === '' || mountPoint.trim().startsWith('/') ? '' : CREATE.wrong.path,
    ),
  ]);
}

/** @param {string} version */
function versionViolation(version) {
  return version.trim() === '' || /^\d{1,3}(\.\d{1,3})?$/.test(version.trim()) ? '' : CREATE.wrong.version;
}

/** @param {string} address */
function webhookViolation(address) {
  if (address.trim() === '') return '';
  const url = URL.parse(address.trim());
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? '' : CREATE.wrong.webhook;
}

/**
 * @param {string} pointer
 * @param {string} detail empty for none
 * @returns {readonly FieldViolation[]}
 */
function violation(pointer, detail) {
  return detail === '' ? [] : [{ pointer, detail }];
}

/**
 * @param {string} name
 * @param {string} value
 */
function text(name, value) {
  return value.trim() === '' ? {} : { [name]: value.trim() };
}

/** As `text`, for what may mean something with the blanks around it. @param {string} name @param {string} value */
function exact(name, value) {
  return value.trim() === '' ? {} : { [name]: value };
}

/**
 * @param {string} value
 * @param {number} most
 */
function lengthViolation(value, most) {
  return value.length > most ? CREATE.wrong.tooLong(most, value.length) : '';
}
