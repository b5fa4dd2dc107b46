import { typedMinutes } from '../auto-stop/lifetime.js';
import { openCreate } from '../create/create-dialog.js';
import { LIMITS } from '../net/api-limits.js';
import { INSTANCE } from './words.js';

/**
 * @typedef {import('../net/api-types.js').Instance} Instance
 */

/**
 * Opens the dialog of a create, filled in with what an instance was made of.
 *
 * @param {import('../fleet/context.js').AppContext} context
 * @param {Instance} instance
 */
export function openCreateLike(context, instance) {
  openCreate(context, {
    title: INSTANCE.likeTitle(instance.name),
    note: INSTANCE.likeNote,
    form: formLike(instance),
  });
}

/**
 * What stands in the form for another one like it. Values of variables are only there for keys that may see them.
 *
 * @param {Instance} instance
 * @returns {Partial<import('../create/create-input.js').CreateForm>}
 */
export function formLike(instance) {
  const { product, region = '', image, templateId = '', gpuNum, rootfsSize, billingMode, autoStop } = instance;
  return {
    name: nameLike(instance.name),
    templateId,
    image,
    productName: product.name,
    productId: product.id,
    gpuNum: String(gpuNum),
    region,
    billingMode,
    rootfsSize: String(rootfsSize),
    ports: instance.portMappings.map(({ port, type }) => ({ port: String(port), protocol: type })),
    envs: instance.envs.map(({ key, value = '' }) => ({ key, value })),
    autoStop: autoStop.enabled === undefined ? '' : autoStop.enabled ? 'on' : 'off',
    thresholdMinutes: autoStop.thresholdMinutes === undefined ? '' : String(autoStop.thresholdMinutes),
    maxLifetimeMinutes: typedMinutes(instance),
    reportToken: instance.tokenIssuedAt !== undefined,
  };
}

/**
 * A name for the next one: `llama-2` after `llama`, `llama-3` after `llama-2`.
 *
 * @param {string} name
 */
export function nameLike(name) {
  const [, stem = name, number = '1'] = /^(.*?)-(\d{1,4})$/.exec(name) ?? [];
  const end = `-${Number(number) + 1}`;
  return `${stem.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, LIMITS.create.name.maxLength - end.length)}${end}`;
}
