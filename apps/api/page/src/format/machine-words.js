/** @typedef {import('../http/api-types.js').Instance} Instance */

/** @type {Readonly<Record<Instance['billingMode'], string>>} */
const BILLING = { onDemand: '', spot: 'spot', monthly: 'monthly' };

/** Such as `RTX 4090 24GB × 2`. @param {Pick<Instance, 'product' | 'gpuNum'>} instance */
export function gpuWords({ product, gpuNum }) {
  const name = product.name === '' ? 'GPU unknown' : product.name;
  return gpuNum > 1 ? `${name} × ${gpuNum}` : name;
}

/** Where it is, and how it is paid for where that is not the usual. @param {Pick<Instance, 'region' | 'billingMode'>} instance */
export function placeWords({ region, billingMode }) {
  return [region ?? 'any region', BILLING[billingMode]].filter(Boolean).join(' · ');
}
