import { diskRange } from './offers.js';
import { DIGITS_HINT, typedNumber } from './typed-number.js';

/**
 * @typedef {import('../http/problem.js').FieldFault} FieldFault
 * @typedef {import('../http/action-types.js').BillingMode} BillingMode
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
 * @property {string} imageAuthId
 * @property {readonly {id: string, mountPoint: string}[]} networkStorages
 * @property {string} minCudaVersion
 * @property {string} entrypoint
 * @property {string} webhookUrl
 */

/** What Novita takes of a command or an entrypoint. */
const LONGEST_LINE = 2_047;
const RESERVED_PORTS = [2222, 2223, 2224];

/**
 * What the API is sent. What was left empty is left out, so that template and service fill it in; rows in which nothing
 * stands are no rows.
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
  };
}

/**
 * What can be told of the form before it is sent; the API looks at all of it again.
 *
 * @param {CreateForm} form
 * @param {readonly import('./offers.js').Product[]} products
 * @returns {readonly FieldFault[]}
 */
export function createFaults(form, products) {
  return [
    ...fault('/name', nameFault(form.name)),
    ...fault(
      '/image',
      form.templateId === '' && form.image.trim() === '' ? 'Give an image, or choose a template.' : '',
    ),
    ...fault('/image', /\S\s+\S/.test(form.image) ? 'An image name has no spaces.' : ''),
    ...fault('/productName', form.productName === '' ? 'Choose a GPU.' : ''),
    ...fault('/rootfsSize', diskFault(form, products)),
    ...portFaults(form.ports ?? []),
    ...envFaults(form.envs),
    ...fault('/command', lengthFault(form.command)),
    ...fault('/entrypoint', lengthFault(form.entrypoint)),
    ...fault('/autoStop/thresholdMinutes', form.autoStop === 'off' ? '' : thresholdFault(form.thresholdMinutes)),
    ...storageFaults(form.networkStorages),
    ...fault('/minCudaVersion', versionFault(form.minCudaVersion)),
    ...fault('/webhookUrl', webhookFault(form.webhookUrl)),
  ];
}

/**
 * What is wrong with a name; empty for nothing.
 *
 * @param {string} name
 */
export function nameFault(name) {
  const trimmed = name.trim();
  if (trimmed === '') return 'Give it a name.';
  if (!/^[A-Za-z0-9-]+$/.test(trimmed)) return 'Use letters, digits and hyphens only.';
  return trimmed.length > 200 ? `Use at most 200 characters; these are ${trimmed.length}.` : '';
}

/**
 * What is wrong with an idle time in minutes that may be left empty; empty for nothing.
 *
 * @param {string} minutes
 */
export function thresholdFault(minutes) {
  if (minutes.trim() === '') return '';
  const isNegative = /^[-\u2212]\s*\d/.test(minutes.trim());
  const value = isNegative ? -1 : typedNumber(minutes);
  if (Number.isNaN(value)) return DIGITS_HINT;
  if (value <= 0) return 'Give minutes above 0; to switch it off, choose Never.';
  return value > 525_600 ? 'Give at most 525,600 minutes, which is a year.' : '';
}

/**
 * @param {CreateForm} form
 * @param {readonly import('./offers.js').Product[]} products
 */
function diskFault(form, products) {
  if (form.rootfsSize.trim() === '') return '';
  const size = typedNumber(form.rootfsSize);
  if (!Number.isFinite(size)) return DIGITS_HINT;
  const { min, max } = diskRange(products, form);
  if (Number.isInteger(size) && size >= min && size <= max) return '';
  return `Give a whole number from ${min} to ${max} GB.`;
}

/** @param {readonly {port: string}[]} ports */
function portFaults(ports) {
  /** @type {Set<number>} */
  const seen = new Set();
  return ports.flatMap(({ port }, index) => {
    const value = /^[1-9]\d*$/.test(port.trim()) ? Number(port) : Number.NaN;
    const pointer = `/ports/${index}`;
    if (!Number.isInteger(value) || value < 1 || value > 65_535)
      return fault(pointer, 'Give a port from 1 to 65535, in digits alone; its protocol stands beside it.');
    if (RESERVED_PORTS.includes(value)) return fault(pointer, 'Novita keeps 2222, 2223 and 2224 for itself.');
    if (seen.has(value)) return fault(pointer, `Port ${value} stands there twice.`);
    seen.add(value);
    return [];
  });
}

/** @param {readonly {key: string, value: string}[]} envs */
function envFaults(envs) {
  const rows = envs.filter(({ key, value }) => key !== '' || value !== '');
  /** @type {Set<string>} */
  const seen = new Set();
  return rows.flatMap(({ key }, index) => {
    const name = key.trim();
    const pointer = `/envs/${index}/key`;
    if (name === '') return fault(pointer, 'Give the variable a name.');
    if (/[=\s]/.test(name)) return fault(pointer, 'A name has no spaces and no =.');
    if (seen.has(name)) return fault(pointer, `${name} stands there twice.`);
    seen.add(name);
    return [];
  });
}

/** @param {readonly {id: string, mountPoint: string}[]} storages */
function storageFaults(storages) {
  const rows = storages.filter(({ id, mountPoint }) => id !== '' || mountPoint !== '');
  return rows.flatMap(({ id, mountPoint }, index) => [
    ...fault(`/networkStorages/${index}/id`, id.trim() === '' ? 'Give the id of the storage.' : ''),
    ...fault(
      `/networkStorages/${index}/mountPoint`,
      mountPoint.trim() === '' || mountPoint.trim().startsWith('/') ? '' : 'A path begins with a slash.',
    ),
  ]);
}

/** @param {string} version */
function versionFault(version) {
  return version.trim() === '' || /^\d{1,3}(\.\d{1,3})?$/.test(version.trim()) ? '' : 'Give a version such as 12.4.';
}

/** @param {string} address */
function webhookFault(address) {
  if (address.trim() === '') return '';
  const url = URL.parse(address.trim());
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? '' : 'Give an http or https address.';
}

/**
 * @param {string} pointer
 * @param {string} detail empty for none
 * @returns {readonly FieldFault[]}
 */
function fault(pointer, detail) {
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

/** @param {string} line */
function lengthFault(line) {
  return line.length > LONGEST_LINE ? `Use at most ${LONGEST_LINE} characters; these are ${line.length}.` : '';
}
